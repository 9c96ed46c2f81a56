// The bidwell executable: its command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "apps/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"Bidwell, a low-latency bidder for real-time ad auctions"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "bidwell " BIDWELL_VERSION);
  app.footer(
      "Configuration is one JSON file (comments allowed); BIDWELL_<SECTION>_<KEY> in the environment overrides it,\n"
      "for example BIDWELL_HTTP_LISTEN=0.0.0.0:8080.");
  int code = 0;

  bidwell::apps::ServeOptions serve;
  CLI::App* command =
      app.add_subcommand("serve", "answer bid requests until SIGTERM or SIGINT; SIGHUP reloads the catalog");
  command->add_option("--config", serve.config, "the configuration file")->required();
  command->add_option("--listen", serve.listen,
                      "ADDR:PORT or unix:PATH, in place of the configured ones; may be repeated");
  command->add_option("--workers", serve.workers, "threads that serve; 0 = one per core");
  command->callback([&] { code = bidwell::apps::serve(serve); });

  std::string check_config;
  command = app.add_subcommand("check", "read the configuration and catalog and list every fault with its place");
  command->add_option("--config", check_config, "the configuration file")->required();
  command->callback([&] { code = bidwell::apps::check(check_config); });

  bidwell::apps::ExplainOptions explain;
  command = app.add_subcommand("explain", "say why each campaign did or did not bid on a request");
  command->add_option("--config", explain.config, "the configuration file")->required();
  command->add_option("--request", explain.request, "a file with one bid request, or - for standard input")
      ->capture_default_str();
  command->add_option("--exchange", explain.exchange, "the exchange it came from (default: the first by name)");
  command->add_option("--campaign", explain.campaign, "only this campaign");
  command->add_flag("--json", explain.json, "JSON in place of a table");
  command->callback([&] { code = bidwell::apps::explain(explain); });

  bidwell::apps::SimulateOptions simulate;
  CLI::App* cache = app.add_subcommand("cache", "try out the cache's policies")->require_subcommand(1);
  command =
      cache->add_subcommand("simulate", "hit ratios on a trace at several sizes, beside LRU and the best possible");
  command->add_option("TRACE", simulate.trace, "a file: libCacheSim's oracleGeneral, or one \"key[,bytes]\" per line");
  command->add_option("--format", simulate.format, "of TRACE; auto looks at its first bytes")
      ->check(CLI::IsMember({"auto", "oracle", "keys"}))
      ->capture_default_str();
  command->add_option("--limit", simulate.requests_max, "only so many requests of TRACE; 0 = all")
      ->capture_default_str();
  command->add_option("--generate", simulate.generate,
                      "make a trace: zipf:EXPONENT[:keys=N][:requests=N][:one_hit=SHARE][:scan=SHARE][:churn=CHANCE]"
                      "[:size=MIN-MAX]");
  command->add_flag("--suite", simulate.suite, "make a dozen traces: Zipf, one-hit wonders, scans, churn");
  command
      ->add_option("--size", simulate.sizes, "of the cache: shares of the trace's distinct bytes (1%), or bytes (64M)")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--policies", simulate.policies, "of s3fifo, lru, belady")->delimiter(',')->capture_default_str();
  command->add_option("--small-share", simulate.small_share, "s3fifo: the small queue's share of the bytes")
      ->check(CLI::Range(0.001, 0.999))
      ->capture_default_str();
  command->add_option("--promote-uses", simulate.promote_uses, "s3fifo: uses that let a value into the main queue")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  command->add_option("--seed", simulate.seed, "of the generator")->capture_default_str();
  command->add_flag("--json", simulate.json, "JSON in place of a table");
  command->callback([&] { code = bidwell::apps::cache_simulate(simulate); });

  CLI::App* budget = app.add_subcommand("budget", "campaigns' budgets")->require_subcommand(1);
  bidwell::apps::BudgetSimulateOptions days;
  command = budget->add_subcommand("simulate", "days of many instances in virtual time: overspend, delivery, evenness");
  command->add_option("--instances", days.instances, "how many bid for the same campaign")
      ->delimiter(',')
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--scenario", days.scenarios, "only these (docs/BUDGETS.md)")->delimiter(',');
  command->add_option("--charts", days.charts, "a folder that gets an SVG picture of each");
  command->add_option("--seed", days.seed, "of traffic, outcomes and notices")->capture_default_str();
  command->add_flag("--json", days.json, "JSON in place of a table");
  command->callback([&] { code = bidwell::apps::budget_simulate(days); });

  bidwell::apps::BudgetOptions money;
  const auto of_ledger = [&](const char* name, const char* what, int (*run)(const bidwell::apps::BudgetOptions&)) {
    CLI::App* made = budget->add_subcommand(name, what);
    made->add_option("--config", money.config, "the configuration file")->required();
    made->callback([&code, &money, run] { code = run(money); });
    return made;
  };
  command = of_ledger("show", "what campaigns have spent, bid and left", bidwell::apps::budget_show);
  command->add_option("CAMPAIGN", money.campaign, "only this one");
  command->add_flag("--json", money.json, "JSON in place of a table");
  command = of_ledger("set", "put limits in place of the catalog's, for all instances", bidwell::apps::budget_set);
  command->add_option("CAMPAIGN", money.campaign, "its id")->required();
  command->add_option("--total", money.total, "in the campaign's currency, or none; default: the catalog's");
  command->add_option("--daily", money.daily, "likewise");
  command->add_flag("--clear", money.clear, "the catalog's hold again");
  command = of_ledger("reconcile", "hold the ledger against the billing rows in PostgreSQL, and mend it",
                      bidwell::apps::budget_reconcile);
  command->add_flag("--dry-run", money.dry_run, "report, and mend nothing");
  command->add_flag("--force", money.force, "though journals were read by one of the two alone: they are lost");
  command->add_option("--pause", money.pause_s, "seconds between its two looks")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();

  CLI::App* profiles = app.add_subcommand("profiles", "what is known of users")->require_subcommand(1);
  bidwell::apps::ProfilesImportOptions load;
  command = profiles->add_subcommand("import", "load profiles from NDJSON or CSV (docs/PROFILES.md)");
  command->add_option("FILE", load.file, "or - for standard input")->required();
  command->add_option("--config", load.config, "the configuration file")->required();
  command->add_option("--to", load.to, "of file, redis, postgres; default: profiles.origin, and redis if configured")
      ->delimiter(',')
      ->check(CLI::IsMember({"file", "redis", "postgres"}));
  command->add_option("--format", load.format, "auto: by the name (.ndjson, .jsonl, .csv), or the first character")
      ->check(CLI::IsMember({"auto", "ndjson", "csv"}))
      ->capture_default_str();
  command->add_flag("--replace", load.replace, "what is not in FILE goes (not from Redis, where it ends by its TTL)");
  command->add_option("--refused", load.refused, "a file that gets each refused line's number and reason");
  command->add_flag("--dry-run", load.dry_run, "only look whether the lines are good");
  command->callback([&] { code = bidwell::apps::profiles_import(load); });

  bidwell::apps::ProfilesUserOptions user;
  const auto of_user = [&](const char* name, const char* what, int (*run)(const bidwell::apps::ProfilesUserOptions&)) {
    CLI::App* made = profiles->add_subcommand(name, what);
    made->add_option("USER", user.name, "buyeruid:X, ifa:X, user.id:EXCHANGE:X or eid:SOURCE:X")->required();
    made->add_option("--config", user.config, "the configuration file")->required();
    made->callback([&code, &user, run] { code = run(user); });
    return made;
  };
  of_user("show", "a user's profile, wherever it stands", bidwell::apps::profiles_show)
      ->add_flag("--json", user.json, "JSON in place of text");
  of_user("key", "the key that a user's profile stands under", bidwell::apps::profiles_key);
  of_user("remove", "erase a user's profile everywhere", bidwell::apps::profiles_remove);

  CLI::App* journal = app.add_subcommand("journal", "events that are not stored yet")->require_subcommand(1);
  bidwell::apps::JournalOptions journals;
  const auto of_journals = [&](const char* name, const char* what, int (*run)(const bidwell::apps::JournalOptions&)) {
    CLI::App* made = journal->add_subcommand(name, what);
    made->add_option("DIR", journals.directory, "the journals' folder, <events.directory>/_journal, or one run's in it")
        ->required();
    made->callback([&code, &journals, run] { code = run(journals); });
    return made;
  };
  of_journals("verify", "count what stands in journals and list every fault with file and offset; exit code 1: faults",
              bidwell::apps::journal_verify);
  command =
      of_journals("dump", "print what stands in journals, each event as a line of JSON", bidwell::apps::journal_dump);
  command->add_option("--journal", journals.journal, "only this one, such as 20261123T213854Z-0123456789abcdef/0");
  command->add_option("--kind", journals.kinds, "only these")
      ->delimiter(',')
      ->check(CLI::IsMember({"bid", "win", "bill", "loss", "imp", "click"}));
  command =
      of_journals("replay", "send what processes left in their journals that died; what is stored is not sent again",
                  bidwell::apps::journal_replay);
  command->add_option("--config", journals.config, "the configuration file")->required();
  command->add_option("--to", journals.to, "of postgres, ndjson; default: those configured")
      ->delimiter(',')
      ->check(CLI::IsMember({"postgres", "ndjson"}));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own for each mistake; people expect 0 for --help and 2 for a wrong call.
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bidwell: {}\n", error.what());
    return 1;
  }
  return code;
}
