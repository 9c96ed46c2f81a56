#include "apps/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "bidwell/core/hash.h"
#include "bidwell/core/json_fields.h"

namespace bidwell::apps {
namespace {

events::JournalOptions journal_options(const ops::Config& config, std::uint64_t seed,
                                       std::function<void(unsigned)> on_durable) {
  events::JournalOptions options = config.events.journal;
  options.directory = journal_directory(config);
  options.random = seed;
  options.on_durable = std::move(on_durable);
  options.log = warn_of_events;
  return options;
}

// Hexadecimal digits of 32 random bytes.
std::string random_secret() {
  std::array<unsigned char, 32> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("no random bytes to be had");
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// The secret that was made at the first start. Several that start at once agree: the first to link its file wins.
std::string own_secret(const std::string& directory) {
  const std::string path = directory + "/_notices.key";
  std::filesystem::create_directories(directory);
  if (::access(path.c_str(), F_OK) != 0) {
    const std::string secret = random_secret();
    std::string made = path + ".XXXXXX";
    const int file = ::mkostemp(made.data(), O_CLOEXEC);
    const bool written = file >= 0 &&
                         ::write(file, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
                         ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (written && ::link(made.c_str(), path.c_str()) == 0) {
      spdlog::info("notices/keys is empty: a key of this machine's own was made, {}", path);
    }
    ::unlink(made.c_str());
    if (!written) throw std::runtime_error(fmt::format("cannot write {}: {}", made, std::strerror(error)));
  }
  std::vector<Fault> faults;
  auto secret = read_file(path, faults);
  if (!secret || secret->size() != 64) {
    throw std::runtime_error(fmt::format(
        "{} holds no key; remove it, and a new one is made: notices of bids up to now will be refused", path));
  }
  return std::move(*secret);
}

}  // namespace

std::string journal_directory(const ops::Config& config) {
  return config.events.directory + "/_journal";
}

std::vector<exchange::TokenKey> token_keys(const ops::Config& config) {
  if (!config.notices.keys.empty()) return config.notices.keys;
  return {{1, own_secret(config.events.directory)}};
}

EventLog::EventLog(const ops::Config& config, std::uint64_t seed, std::function<void(unsigned)> on_durable,
                   std::vector<NamedSink> more)
    : drain_(config.events.drain),
      keys_(token_keys(config)),
      journals_(journal_options(config, mix(seed, 1), std::move(on_durable))),
      sinks_(make_sinks(config, mix(seed, 2))) {
  std::ranges::move(more, std::back_inserter(sinks_));
  for (const NamedSink& sink : sinks_) {
    events::ShipperOptions options;
    options.name = sink.name;
    options.seed = mix(seed, 3 + shippers_.size());
    options.log = warn_of_events;
    shippers_.push_back(std::make_unique<events::Shipper>(journals_, *sink.sink, std::move(options)));
  }
}

events::Journal& EventLog::add_worker() {
  workers_.push_back(&journals_.add_worker());
  return *workers_.back();
}

void EventLog::start() {
  journals_.start();
  for (const auto& shipper : shippers_) shipper->start();
}

void EventLog::stop() {
  for (const auto& shipper : shippers_) shipper->begin_stop(drain_);
  for (const auto& shipper : shippers_) shipper->stop(drain_);
  journals_.stop();
}

void EventLog::log_totals() const {
  std::uint64_t records = 0, bytes = 0, dropped = 0, refused = 0;
  for (const events::Journal* journal : workers_) {
    records += journal->counters().records.value();
    bytes += journal->counters().bytes.value();
    dropped += journal->counters().bids_dropped.value();
    refused += journal->counters().notices_refused.value();
  }
  spdlog::info("events: {} recorded in {} bytes; no room for {} bids and {} notices", records, bytes, dropped, refused);
  for (const NamedSink& sink : sinks_) spdlog::info("events: {}: {}", sink.name, sink.totals());
}

}  // namespace bidwell::apps
