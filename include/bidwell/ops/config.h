// The configuration: one JSON file (comments allowed), then BIDWELL_<SECTION>_<KEY> from the environment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/budget/ledger.h"
#include "bidwell/cache/options.h"
#include "bidwell/core/currency.h"
#include "bidwell/core/json_fields.h"
#include "bidwell/events/journals.h"
#include "bidwell/events/ndjson.h"
#include "bidwell/events/postgres.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/exchange/token.h"
#include "bidwell/http/options.h"
#include "bidwell/profile/user_key.h"
#include "bidwell/redis/options.h"

namespace bidwell::ops {

struct CatalogOptions {
  std::string file;          // as given; relative to the configuration file's folder
  int check_interval_s = 1;  // how often the file is looked at for a change; 0: only on SIGHUP
};

struct LogOptions {
  std::string level = "info";  // trace, debug, info, warn, error
};

struct BiddingOptions {
  std::uint64_t seed = 0;  // breaks ties between equal bids: the same seed and request, the same bids
  int imps_max = 256;      // impressions in a request; more are refused with 400
};

// Where profiles that no cache tier has come from.
enum class ProfileOrigin : std::uint8_t {
  none,     // nowhere: what Redis has is all there is
  file,     // the local profile file
  postgres  // table bidwell.profiles
};

struct ProfileOptions {
  std::vector<profile::Identifier> keys;  // the first that a request has names its user
  std::string key_secret;                 // of the keyed hash; the same for all instances and importers
  std::string file;                       // the local profile file; empty: none. Relative as the catalog's
  ProfileOrigin origin = ProfileOrigin::none;
  unsigned postgres_threads = 2;  // connections that load profiles
  std::int64_t redis_ttl_s = 0;   // of imported profiles; 0: kept for ever
  int reserve_us = 2000;          // of tmax, for deciding and answering after a wait
  cache::Options cache;           // one class: profiles
};

// Where bids and notices are recorded (docs/EVENTS.md).
struct EventOptions {
  std::string directory;  // of journals and files; empty: nothing is recorded. Relative as the catalog's
  bool to_ndjson = false, to_postgres = false;
  std::uint32_t sampled_ppm = events::kEveryBid;  // of a million bids so many are recorded; notices always
  std::chrono::milliseconds drain{5000};          // at the end, for the sinks to store what is left
  // Folders, URL and random numbers are left to whoever makes them.
  events::JournalOptions journal;
  events::NdjsonSinkOptions ndjson;
  events::PostgresSinkOptions postgres;
};

// Where notices come to and what is believed of them.
struct NoticeOptions {
  std::string url;         // as the exchanges reach this bidder, without a slash at the end; empty: no notice URLs
  std::string markup_url;  // as browsers do: https
  std::vector<exchange::TokenKey> keys;  // the first signs; empty: one of its own, kept in the events' directory
  std::chrono::seconds age_max{7 * 86'400};
};

enum class LedgerKind : std::uint8_t {
  none,  // campaigns that have a budget do not bid
  file,  // this instance's own
  redis  // of all instances; PostgreSQL is the truth behind it
};

// What is spent and by whom (docs/BUDGETS.md).
struct BudgetOptions {
  LedgerKind ledger = LedgerKind::none;
  budget::LedgerOptions terms;
  std::chrono::milliseconds interval{1000};      // between two rounds of the banker
  std::chrono::seconds catch_up{1800};           // what was spent too little is made up for within about this
  std::chrono::milliseconds redis_timeout{500};  // of a call
  std::string redis_prefix = "bidwell:budget:";
  std::chrono::seconds reconcile_interval{600};  // by one instance of all; 0: at the start alone
};

// What users were shown, for frequency caps (docs/PROFILES.md).
struct HistoryOptions {
  cache::Options cache;                      // one class: histories
  std::size_t memory_users_max = 1'000'000;  // without Redis: as many are remembered
};

struct Config {
  http::Options http;
  CatalogOptions catalog;
  BiddingOptions bidding;
  LogOptions log;
  std::optional<redis::Options> redis;  // none: not used
  std::string postgres_url;             // libpq's connection string or URI; empty: not used
  ProfileOptions profiles;
  EventOptions events;
  NoticeOptions notices;
  BudgetOptions budgets;
  HistoryOptions histories;
  CurrencyTable currencies;
  std::vector<exchange::ExchangeOptions> exchanges;
};

struct LoadedConfig {
  Config config;
  std::vector<Fault> faults;  // `config` may be used only if this is empty
};

using Environment = std::map<std::string, std::string>;

// Of the process; only names that begin with BIDWELL_.
Environment bidwell_environment();

// `folder` is what relative paths in the text are relative to. Names in the environment that belong to no section
// are left alone; an unknown key of a known section is a fault. Never throws on bad content.
LoadedConfig load_config(std::string_view text, const std::string& folder, const Environment& environment);
LoadedConfig load_config_file(const std::string& path, const Environment& environment);

}  // namespace bidwell::ops
