// What is recorded and where it goes, as it is configured: the workers' journals, the sinks behind them, and the keys
// that notices are signed with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/event_sinks.h"
#include "bidwell/events/journals.h"
#include "bidwell/events/shipper.h"
#include "bidwell/exchange/token.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

// <events.directory>/_journal: names that begin with _ are no partitions to who reads the files.
std::string journal_directory(const ops::Config& config);

// The configured keys; without any one that is made once and kept in the events' directory.
std::vector<exchange::TokenKey> token_keys(const ops::Config& config);

class EventLog {
 public:
  static bool configured(const ops::Config& config) { return !config.events.directory.empty(); }

  // `seed`: a random number of the process. `on_durable`: as events::JournalOptions. `more`: sinks beside those that
  // are configured. Throws std::runtime_error when something cannot be used.
  EventLog(const ops::Config& config, std::uint64_t seed, std::function<void(unsigned worker)> on_durable,
           std::vector<NamedSink> more);

  // For the next worker, before start().
  events::Journal& add_worker();
  const exchange::TokenKeys& keys() const noexcept { return keys_; }

  void start();
  // After the workers: stores what is left, for as long as events.drain_ms allows.
  void stop();

  void log_totals() const;

 private:
  const std::chrono::milliseconds drain_;
  const exchange::TokenKeys keys_;
  events::Journals journals_;
  std::vector<events::Journal*> workers_;
  std::vector<NamedSink> sinks_;
  std::vector<std::unique_ptr<events::Shipper>> shippers_;  // before the sinks and journals go
};

}  // namespace bidwell::apps
