#include "bidwell/ops/config.h"

#include <filesystem>

#include "bidwell/core/text.h"

extern char** environ;  // POSIX

namespace bidwell::ops {
namespace {

constexpr std::string_view kPrefix = "BIDWELL_";
// Sections whose keys can be set from the environment. Exchanges and currencies are lists of their own.
constexpr std::string_view kSections[] = {"http", "catalog", "bidding", "log", "redis", "postgres", "profiles"};

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
      // A list may be given as one text, as people do: BIDWELL_HTTP_LISTEN=0.0.0.0:8080.
      Json value = value_of(text);
      if ((key == "listen" || key == "keys") && value.is_string()) value = Json::array({value});
      if (target.is_object()) target[key] = std::move(value);
    }
  }
}

void read_seconds(Fields& fields, std::string_view key, std::chrono::seconds& out, std::int64_t least) {
  std::int64_t seconds = out.count();
  if (fields.integer(key, seconds, least, 86'400)) out = std::chrono::seconds(seconds);
}

void read_http(Fields fields, http::Options& out) {
  if (auto listen = fields.texts("listen"); !listen.empty()) out.listen = std::move(listen);
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
  read_seconds(fields, "idle_timeout_s", out.idle_timeout, 1);
  read_seconds(fields, "request_timeout_s", out.request_timeout, 1);
  read_seconds(fields, "write_timeout_s", out.write_timeout, 1);
  read_seconds(fields, "shutdown_timeout_s", out.shutdown_timeout, 0);
  fields.refuse_unknown();
}

void read_catalog(Fields fields, const std::string& folder, CatalogOptions& out) {
  if (fields.text("file", out.file, true) && std::filesystem::path(out.file).is_relative()) {
    out.file = (std::filesystem::path(folder) / out.file).lexically_normal().string();
  }
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

template <class Unit>
void read_time(Fields& fields, std::string_view key, cache::milliseconds& out, std::int64_t least, std::int64_t most) {
  std::int64_t time = std::chrono::duration_cast<Unit>(out).count();
  if (fields.integer(key, time, least, most)) out = Unit(time);
}

void read_profile_cache(Fields& fields, cache::Options& cache) {
  using std::chrono::seconds;
  cache::ClassOptions& cls = cache.classes.front();
  std::int64_t megabytes = static_cast<std::int64_t>(cache.l1.bytes_max >> 20);
  if (fields.integer("l1_mb", megabytes, 1, 1'000'000)) {
    cache.l1.bytes_max = static_cast<std::size_t>(megabytes) << 20;
  }
  fields.text("redis_prefix", cls.prefix);
  if (cls.prefix.empty() || cls.prefix.find_first_of("{} ") != std::string::npos) {
    fields.fault("redis_prefix", "must be a text without braces or spaces");
  }
  read_time<seconds>(fields, "soft_ttl_s", cls.soft_ttl, 1, 30 * 86'400);
  read_time<seconds>(fields, "hard_ttl_s", cls.hard_ttl, 1, 365 * 86'400);
  if (cls.hard_ttl < cls.soft_ttl) fields.fault("hard_ttl_s", "must be no shorter than soft_ttl_s");
  read_time<seconds>(fields, "negative_ttl_s", cls.negative_ttl, 1, 30 * 86'400);
  fields.number("ttl_jitter", cls.jitter, 0, 0.9);
  read_time<cache::milliseconds>(fields, "wait_ms", cls.wait, 0, 1000);
  fields.boolean("wait_for_origin", cls.wait_for_origin);
  fields.integer("hot_uses", cls.hot_uses, 0, cache::Entry::kUsesMax);
  fields.boolean("written_by_others", cls.written_by_others);
  fields.number("origin_keys_per_s", cache.origin_keys_per_s, 1, 10'000'000);
  read_time<cache::milliseconds>(fields, "origin_timeout_ms", cache.origin_timeout, 1, 60'000);
  read_time<cache::milliseconds>(fields, "redis_timeout_ms", cache.read_timeout, 1, 10'000);
}

void read_profiles(Fields fields, const std::string& folder, ProfileOptions& out) {
  static constexpr std::string_view kOrigins[] = {"none", "file", "postgres"};
  if (fields.has("keys")) out.keys.clear();
  fields.each("keys", [&](const Json& entry, const std::string& at) {
    const auto identifier = entry.is_string() ? profile::parse_identifier(entry.get<std::string>()) : std::nullopt;
    if (identifier) {
      out.keys.push_back(*identifier);
    } else {
      fields.faults().push_back({at, "must be buyeruid, ifa, user.id or eid:<source>, such as eid:liveramp.com"});
    }
  });
  fields.text("key_secret", out.key_secret);
  if (fields.text("file", out.file) && !out.file.empty() && std::filesystem::path(out.file).is_relative()) {
    out.file = (std::filesystem::path(folder) / out.file).lexically_normal().string();
  }
  if (const int origin = fields.choice("origin", kOrigins); origin >= 0) {
    out.origin = static_cast<ProfileOrigin>(origin);
  }
  fields.integer("postgres_threads", out.postgres_threads, 1, 64);
  fields.integer("redis_ttl_s", out.redis_ttl_s, 0, 10 * 365 * 86'400);
  fields.integer("reserve_us", out.reserve_us, 0, 1'000'000);
  read_profile_cache(fields, out.cache);
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

exchange::ExchangeOptions read_exchange(const std::string& name, Fields fields, const CurrencyTable& currencies) {
  static constexpr std::string_view kNoBid[] = {"204", "nbr"};
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
  fields.integer("tmax_margin_ms", out.tmax_margin_ms, 0, 10'000);
  fields.integer("tmax_default_ms", out.tmax_default_ms, 1, 60'000);
  fields.refuse_unknown();
  return out;
}

ProfileOptions default_profiles() {
  ProfileOptions out;
  out.keys = {{profile::Identifier::Kind::buyeruid, {}}, {profile::Identifier::Kind::ifa, {}}};
  cache::ClassOptions profiles;
  profiles.name = "profile";
  profiles.prefix = "bidwell:profile:";
  out.cache.classes.push_back(std::move(profiles));
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
  if (config.profiles.origin == ProfileOrigin::postgres && config.postgres_url.empty()) {
    top.fault("profiles/origin", "is postgres, but section postgres has no url");
  }
  if (config.profiles.origin == ProfileOrigin::file && config.profiles.file.empty()) {
    top.fault("profiles/origin", "is file, but no file is named");
  }
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
