#include "apps/event_sinks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "bidwell/core/hash.h"

namespace bidwell::apps {
namespace {

NamedSink ndjson(const ops::Config& config, std::uint64_t seed) {
  events::NdjsonSinkOptions options = config.events.ndjson;
  options.directory = config.events.directory;
  options.writer = fmt::format("{:016x}", mix(seed, 1));
  options.log = warn_of_events;
  auto sink = std::make_unique<events::NdjsonSink>(std::move(options));
  const events::NdjsonSinkCounters& counters = sink->counters();
  return {"ndjson", std::move(sink), [&counters] {
            return fmt::format("{} events in {} files, {} repeats left out, {} set aside", counters.rows.value(),
                               counters.files.value(), counters.repeats.value(), counters.set_aside.value());
          }};
}

NamedSink postgres(const ops::Config& config) {
  events::PostgresSinkOptions options = config.events.postgres;
  options.url = config.postgres_url;
  options.days_back = static_cast<int>(std::chrono::ceil<std::chrono::days>(config.notices.age_max).count()) + 1;
  options.log = warn_of_events;
  auto sink = std::make_unique<events::PostgresSink>(std::move(options));
  const events::PostgresSinkCounters& counters = sink->counters();
  return {"postgres", std::move(sink), [&counters] {
            return fmt::format("{} bids and {} notices stored, {} repeats left out, {} set aside",
                               counters.bids.value(), counters.notices.value(), counters.repeats.value(),
                               counters.set_aside.value());
          }};
}

}  // namespace

std::vector<NamedSink> make_sinks(const ops::Config& config, std::uint64_t seed) {
  std::vector<NamedSink> sinks;
  if (config.events.to_ndjson) sinks.push_back(ndjson(config, seed));
  if (config.events.to_postgres) sinks.push_back(postgres(config));
  return sinks;
}

void warn_of_events(const std::string& line) {
  spdlog::warn("events: {}", line);
}

}  // namespace bidwell::apps
