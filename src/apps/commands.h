// bidwell's subcommands. Each returns the process's exit code: 0 done, 1 it failed or found faults, 2 wrong usage
// (by the command line parser).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bidwell::apps {

struct ServeOptions {
  std::string config;
  std::vector<std::string> listen;  // in place of the configured ones
  std::optional<unsigned> workers;
};
int serve(const ServeOptions& options);

int check(const std::string& config);

struct ExplainOptions {
  std::string config;
  std::string request = "-";  // a file, or - for standard input
  std::string exchange;       // empty: the only one, or the first by name
  std::string campaign;       // empty: all
  bool json = false;
};
int explain(const ExplainOptions& options);

struct SimulateOptions {
  std::string trace;  // one of these three
  std::string generate;
  bool suite = false;
  std::string format = "auto";  // of the trace: auto, oracle or keys
  std::size_t requests_max = 0;
  std::vector<std::string> sizes{"0.1%", "1%", "10%", "30%"};
  std::vector<std::string> policies{"s3fifo", "lru", "belady"};
  double small_share = 0.1;
  unsigned promote_uses = 1;
  std::uint64_t seed = 1;
  bool json = false;
};
int cache_simulate(const SimulateOptions& options);

struct BudgetSimulateOptions {
  std::vector<unsigned> instances{1, 10, 230};
  std::vector<std::string> scenarios;  // empty: all
  std::string charts;                  // a folder for pictures; empty: none
  std::uint64_t seed = 1;
  bool json = false;
};
// 1: the ledger's sum is not that of the bills.
int budget_simulate(const BudgetSimulateOptions& options);

struct ProfilesImportOptions {
  std::string config;
  std::string file;             // or - for standard input
  std::vector<std::string> to;  // file, redis, postgres; empty: where profiles come from, and Redis
  std::string format = "auto";  // auto, ndjson or csv
  std::string refused;          // a file for the refused lines; empty: none
  bool replace = false;
  bool dry_run = false;
};
int profiles_import(ProfilesImportOptions options);

struct ProfilesUserOptions {
  std::string config;
  std::string name;   // as KeyMaker::key_of takes it
  bool json = false;  // show alone
};
int profiles_show(const ProfilesUserOptions& options);
int profiles_key(const ProfilesUserOptions& options);
int profiles_remove(const ProfilesUserOptions& options);

struct BudgetOptions {
  std::string config;
  std::string campaign;      // show: only this one; empty: all
  std::string total, daily;  // set: an amount in the campaign's currency, or "none"; empty: the catalog's holds
  bool clear = false;        // set: both are the catalog's again
  bool dry_run = false;      // reconcile: report, and mend nothing
  bool force = false;        // reconcile: though journals are behind
  double pause_s = 5;        // reconcile: between its two looks
  bool json = false;
};
int budget_show(const BudgetOptions& options);
int budget_set(const BudgetOptions& options);
int budget_reconcile(const BudgetOptions& options);

struct JournalOptions {
  std::string directory;           // of journals, or of one run
  std::string journal;             // dump: only this one; empty: all
  std::vector<std::string> kinds;  // dump: only these; empty: all
  std::string config;              // replay
  std::vector<std::string> to;     // replay: of ndjson, postgres; empty: those configured
};
int journal_verify(const JournalOptions& options);
int journal_dump(const JournalOptions& options);
int journal_replay(const JournalOptions& options);

}  // namespace bidwell::apps
