// Sections events and notices: what is recorded, where it goes, and who may tell of it.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "bidwell/exchange/bid_handler.h"
#include "ops/config_parts.h"

namespace bidwell::ops {
namespace {

void read_journal(Fields& fields, events::JournalOptions& out) {
  static constexpr std::string_view kFsync[] = {"never", "interval", "always"};
  read_megabytes(fields, "journal_mb", out.allowance_bytes, 8, 16'000'000);
  read_megabytes(fields, "segment_mb", out.segment_bytes, 1, 1024);
  fields.number("notice_share", out.notice_share, 0, 1);
  if (const int fsync = fields.choice("fsync", kFsync); fsync >= 0) out.fsync = static_cast<events::Fsync>(fsync);
  read_time<cache::milliseconds>(fields, "fsync_interval_ms", out.fsync_interval, 1, 3'600'000);
}

// "3:secret"
std::optional<exchange::TokenKey> parse_token_key(std::string_view text) {
  const std::size_t colon = text.find(':');
  unsigned id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(colon, text.size()), id);
  if (colon == std::string_view::npos || error != std::errc{} || end != text.data() + colon || id > 255) return {};
  if (text.size() - colon - 1 < 16) return {};
  return exchange::TokenKey{static_cast<std::uint8_t>(id), std::string(text.substr(colon + 1))};
}

void read_base_url(Fields& fields, std::string_view key, std::initializer_list<std::string_view> schemes,
                   std::string& out) {
  if (!fields.text(key, out) || out.empty()) return;
  while (out.ends_with('/')) out.pop_back();
  bool good = exchange::can_begin_notices(out) && out.size() <= 200;
  good &= std::any_of(schemes.begin(), schemes.end(),
                      [&](std::string_view scheme) { return out.starts_with(scheme) && out.size() > scheme.size(); });
  if (!good)
    fields.fault(key, fmt::format("must be a URL without a query, such as {}bid.example.com", *schemes.begin()));
}

}  // namespace

void read_events(Fields fields, const std::string& folder, EventOptions& out) {
  static constexpr std::string_view kCompression[] = {"none", "gzip", "zstd"};
  read_path(fields, "directory", folder, out.directory);
  fields.each("sinks", [&](const Json& sink, const std::string& at) {
    if (sink == "ndjson") {
      out.to_ndjson = true;
    } else if (sink == "postgres") {
      out.to_postgres = true;
    } else {
      fields.faults().push_back({at, "must be ndjson or postgres"});
    }
  });
  read_journal(fields, out.journal);
  double share = 1;
  if (fields.number("bid_sample", share, 0.000001, 1)) {
    out.sampled_ppm = static_cast<std::uint32_t>(std::lround(share * events::kEveryBid));
  }
  read_time<cache::milliseconds>(fields, "drain_ms", out.drain, 0, 600'000);
  read_time<std::chrono::seconds>(fields, "loss_after_s", out.postgres.loss_after, 1, 86'400);
  read_megabytes(fields, "ndjson_file_mb", out.ndjson.file_bytes, 1, 100'000);
  read_time<std::chrono::seconds>(fields, "ndjson_file_age_s", out.ndjson.file_age, 1, 86'400);
  if (const int compression = fields.choice("ndjson_compression", kCompression); compression >= 0) {
    out.ndjson.compression = static_cast<events::Compression>(compression);
  }
  fields.integer("postgres_days_ahead", out.postgres.days_ahead, 1, 60);
  fields.integer("postgres_retention_days", out.postgres.retention_days, 0, 36'500);
  fields.refuse_unknown();
}

void read_notices(Fields fields, NoticeOptions& out) {
  read_base_url(fields, "url", {"https://", "http://"}, out.url);
  read_base_url(fields, "markup_url", {"https://"}, out.markup_url);
  if (out.url.empty() != out.markup_url.empty()) {
    fields.fault("", "url and markup_url go together: one for the exchanges' calls, one for the browsers'");
  }
  fields.each("keys", [&](const Json& entry, const std::string& at) {
    const auto key = entry.is_string() ? parse_token_key(entry.get<std::string>()) : std::nullopt;
    if (!key) {
      fields.faults().push_back({at, "must be <number up to 255>:<secret of 16 characters or more>, such as 1:..."});
      return;
    }
    for (const exchange::TokenKey& other : out.keys) {
      if (other.id == key->id) fields.faults().push_back({at, "has the number of another key"});
    }
    out.keys.push_back(*key);
  });
  read_time<std::chrono::seconds>(fields, "age_max_s", out.age_max, 60, 365 * 86'400);
  fields.refuse_unknown();
}

void check_events(const Config& config, Fields& top) {
  const EventOptions& events = config.events;
  if (events.to_postgres && config.postgres_url.empty()) {
    top.fault("events/sinks", "has postgres, but section postgres has no url");
  }
  if (events.directory.empty()) {
    if (events.to_ndjson || events.to_postgres) top.fault("events/directory", "is required where there are sinks");
    if (!config.notices.url.empty()) {
      top.fault("events/directory", "is required where there are notices: they are recorded there");
    }
  } else if (!events.to_ndjson && !events.to_postgres) {
    top.fault("events/sinks", "is required: of ndjson, postgres, or both");
  }
  const auto days = std::chrono::ceil<std::chrono::days>(config.notices.age_max).count() + 1;
  if (events.postgres.retention_days != 0 && events.postgres.retention_days < days) {
    top.fault("events/postgres_retention_days",
              fmt::format("must be 0 or at least {}: notices are taken for notices/age_max_s", days));
  }
  if (events.journal.allowance_bytes < 4 * events.journal.segment_bytes) {
    top.fault("events/journal_mb", "must be at least four times segment_mb");
  }
}

}  // namespace bidwell::ops
