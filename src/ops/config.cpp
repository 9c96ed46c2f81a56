#include "bidwell/ops/config.h"

#include <algorithm>
#include <filesystem>

#include "bidwell/core/text.h"
#include "bidwell/http/network.h"
#include "ops/config_parts.h"

extern char** environ;  // POSIX

namespace bidwell::ops {
namespace {

constexpr std::string_view kPrefix = "BIDWELL_";
// Sections whose keys can be set from the environment. Exchanges and currencies are lists of their own.
constexpr std::string_view kSections[] = {"http",     "catalog", "bidding", "log",     "redis",    "postgres",
                                          "profiles", "events",  "notices", "budgets", "histories"};
// Keys whose one value may be given without the brackets of a list: BIDWELL_HTTP_LISTEN=0.0.0.0:8080.
constexpr std::string_view kLists[] = {"listen", "keys", "sinks", "trusted_proxies"};

std::string lower(std::string text) {
  for (char& c : text) c = ascii_lower(c);
  return text;
}

// A value from the environment as JSON: what parses as a number, boolean or list is one; all else is a text.
Json value_of(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() || parsed.is_object() || parsed.is_null() ? Json(text) : parsed;
}

void apply_environment(Json& document, const Environment& environment) {
  for (const auto& [name, text] : environment) {
    const std::string rest = lower(name.substr(std::min(kPrefix.size(), name.size())));
    for (const std::string_view section : kSections) {
      if (rest.size() <= section.size() + 1 || !rest.starts_with(section) || rest[section.size()] != '_') continue;
      Json& target = document[std::string(section)];
      if (target.is_null()) target = Json::object();
      const std::string key = rest.substr(section.size() + 1);
      Json value = value_of(text);
      const bool list = std::find(std::begin(kLists), std::end(kLists), key) != std::end(kLists);
      if (list && value.is_string()) value = Json::array({value});
      if (target.is_object()) target[key] = std::move(value);
    }
  }
}

void read_http(Fields fields, http::Options& out) {
  if (auto listen = fields.texts("listen"); !listen.empty()) out.listen = std::move(listen);
  fields.each("trusted_proxies", [&](const Json& network, const std::string& at) {
    try {
      out.trusted_proxies.push_back(network.get<std::string>());
      if (network != "unix") http::parse_network(network.get<std::string>());
    } catch (const std::exception&) {
      fields.faults().push_back({at, "must be a network such as 10.0.0.0/8 or 2001:db8::/32, or \"unix\""});
    }
  });
  fields.integer("backlog", out.backlog, 1, 65'535);
  fields.integer("workers", out.workers, 0, 1024);
  fields.each("pin_cores", [&](const Json& core, const std::string& at) {
    if (core.is_number_integer() && core.get<std::int64_t>() >= 0 && core.get<std::int64_t>() < 4096) {
      out.pin_cores.push_back(core.get<int>());
    } else {
      fields.faults().push_back({at, "must be a core's number"});
    }
  });
  fields.integer("connections_max", out.connections_max, 1, 10'000'000);
  fields.integer("head_bytes_max", out.head_bytes_max, 512, 1 << 20);
  fields.integer("body_bytes_max", out.body_bytes_max, 1024, 64 << 20);
  fields.integer("large_requests_max", out.large_requests_max, 1, 1'000'000);
  fields.integer("parked_max", out.parked_max, 0, 1 << 20);
  fields.integer("answer_bytes_max", out.answer_bytes_max, 4096, 256 << 20);
  fields.integer("gzip_answer_bytes_min", out.gzip_answer_bytes_min, 0, 1 << 30);
  read_time<std::chrono::seconds>(fields, "idle_timeout_s", out.idle_timeout, 1, 86'400);
  read_time<std::chrono::seconds>(fields, "request_timeout_s", out.request_timeout, 1, 86'400);
  read_time<std::chrono::seconds>(fields, "write_timeout_s", out.write_timeout, 1, 86'400);
  read_time<std::chrono::seconds>(fields, "shutdown_timeout_s", out.shutdown_timeout, 0, 86'400);
  fields.refuse_unknown();
}

void read_catalog(Fields fields, const std::string& folder, CatalogOptions& out) {
  read_path(fields, "file", folder, out.file, true);
  fields.integer("check_interval_s", out.check_interval_s, 0, 86'400);
  fields.refuse_unknown();
}

void read_bidding(Fields fields, BiddingOptions& out) {
  fields.integer("seed", out.seed, 0, std::numeric_limits<std::int64_t>::max());
  fields.integer("imps_max", out.imps_max, 1, 10'000);
  fields.refuse_unknown();
}

void read_log(Fields fields, LogOptions& out) {
  static constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error"};
  if (const int level = fields.choice("level", kLevels); level >= 0) out.level = kLevels[level];
  fields.refuse_unknown();
}

void read_redis(Fields fields, std::optional<redis::Options>& out) {
  std::string url, fault;
  fields.text("url", url);
  if (url.empty()) return fields.refuse_unknown();
  out = redis::parse_url(url, fault);
  if (!out) return fields.fault("url", fault);
  fields.refuse_unknown();
}

void read_postgres(Fields fields, std::string& url) {
  fields.text("url", url);
  fields.refuse_unknown();
}

void read_currencies(const Json& value, const std::string& where, std::vector<Fault>& faults, CurrencyTable& out) {
  Fields fields(value, where, faults);
  if (!value.is_object()) return;
  for (const auto& [code, rate] : value.items()) {
    if (code == "USD") {
      fields.fault(code, "is always 1: rates are units of a currency for one US dollar");
    } else if (!rate.is_number() || !out.set(code, rate.get<double>())) {
      fields.fault(code, "must be an ISO 4217 code with the units of it for one US dollar, such as \"EUR\": 0.92");
    }
  }
}

void read_prices(Fields& fields, exchange::ExchangeOptions& out) {
  static constexpr std::string_view kFormats[] = {"plain", "base64", "google"};
  if (const int format = fields.choice("price_format", kFormats); format >= 0) {
    out.price_format = static_cast<exchange::PriceFormat>(format);
  }
  const bool google = out.price_format == exchange::PriceFormat::google;
  const auto read_key = [&](std::string_view name, std::array<std::uint8_t, 32>& key) {
    std::string text;
    if (!fields.text(name, text, google)) return;
    const auto parsed = exchange::parse_price_key(text);
    if (parsed) {
      key = *parsed;
    } else {
      fields.fault(name, "must be 32 bytes in web-safe base64");
    }
  };
  read_key("price_encryption_key", out.google_price_keys.encryption);
  read_key("price_integrity_key", out.google_price_keys.integrity);
}

exchange::ExchangeOptions read_exchange(const std::string& name, Fields fields, const CurrencyTable& currencies) {
  static constexpr std::string_view kNoBid[] = {"204", "nbr"};
  static constexpr std::string_view kSpendOn[] = {"bill", "win"};
  exchange::ExchangeOptions out;
  out.name = name;
  if (name.empty() || name.find_first_of("/?# ") != std::string::npos)
    fields.fault("", "the name must fit a URL's path");
  fields.text("currency", out.currency);
  if (currencies.find(out.currency) == nullptr) {
    fields.fault("currency",
                 fmt::format("no exchange rate is configured for \"{}\" (section currencies)", out.currency));
  }
  fields.text("seat", out.seat);
  fields.text("openrtb_version", out.openrtb_version);
  if (out.openrtb_version.find_first_not_of("0123456789.") != std::string::npos) {
    fields.fault("openrtb_version", "must be like 2.6");
  }
  out.answer_nbr = fields.choice("no_bid", kNoBid) == 1;
  if (fields.choice("spend_on", kSpendOn) == 1) out.spend_on = exchange::SpendOn::win;
  read_prices(fields, out);
  fields.integer("tmax_margin_ms", out.tmax_margin_ms, 0, 10'000);
  fields.integer("tmax_default_ms", out.tmax_default_ms, 1, 60'000);
  fields.refuse_unknown();
  return out;
}

}  // namespace

Environment bidwell_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (text.starts_with(kPrefix) && equals != std::string_view::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

LoadedConfig load_config(std::string_view text, const std::string& folder, const Environment& environment) {
  LoadedConfig loaded;
  Config& config = loaded.config;
  config.profiles = default_profiles();
  config.histories = default_histories();
  auto parsed = parse_json(text, loaded.faults);
  if (!parsed) return loaded;
  Json& document = *parsed;
  if (document.is_object()) apply_environment(document, environment);
  Fields top(document, "", loaded.faults);
  if (!document.is_object()) return loaded;

  const auto section = [&](std::string_view key) -> std::optional<Fields> {
    const Json* value = top.find(key);
    if (value == nullptr) return std::nullopt;
    return Fields(*value, top.place(key), loaded.faults);
  };
  if (auto fields = section("http")) read_http(*fields, config.http);
  if (auto fields = section("catalog")) {
    read_catalog(*fields, folder, config.catalog);
  } else {
    top.fault("catalog", "is required: {\"file\": ...}");
  }
  if (auto fields = section("bidding")) read_bidding(*fields, config.bidding);
  if (auto fields = section("log")) read_log(*fields, config.log);
  if (auto fields = section("redis")) read_redis(*fields, config.redis);
  if (auto fields = section("postgres")) read_postgres(*fields, config.postgres_url);
  if (auto fields = section("profiles")) read_profiles(*fields, folder, config.profiles);
  if (auto fields = section("events")) read_events(*fields, folder, config.events);
  if (auto fields = section("notices")) read_notices(*fields, config.notices);
  bool ledger_chosen = false;
  if (auto fields = section("budgets")) read_budgets(*fields, config.budgets, ledger_chosen);
  if (auto fields = section("histories")) read_histories(*fields, config.histories);
  check_profiles(config, top);
  check_events(config, top);
  check_budgets(config, ledger_chosen, top);
  if (const Json* currencies = top.find("currencies")) {
    read_currencies(*currencies, top.place("currencies"), loaded.faults, config.currencies);
  }
  if (const Json* exchanges = top.find("exchanges"); exchanges != nullptr && exchanges->is_object()) {
    for (const auto& [name, value] : exchanges->items()) {
      const std::string at = fmt::format("{}/{}", top.place("exchanges"), name);
      config.exchanges.push_back(read_exchange(name, Fields(value, at, loaded.faults), config.currencies));
    }
  }
  if (config.exchanges.empty()) top.fault("exchanges", "is required: an object with at least one exchange by its name");
  top.refuse_unknown();
  return loaded;
}

LoadedConfig load_config_file(const std::string& path, const Environment& environment) {
  LoadedConfig loaded;
  const auto content = read_file(path, loaded.faults);
  if (!content) return loaded;
  return load_config(*content, std::filesystem::path(path).parent_path().string(), environment);
}

}  // namespace bidwell::ops
