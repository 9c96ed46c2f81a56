// The configuration: one JSON file (comments allowed), then BIDWELL_<SECTION>_<KEY> from the environment.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/core/currency.h"
#include "bidwell/core/json_fields.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/http/options.h"

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

struct Config {
  http::Options http;
  CatalogOptions catalog;
  BiddingOptions bidding;
  LogOptions log;
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
