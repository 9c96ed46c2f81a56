#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/place.h"
#include "bidwell/redis/client.h"

namespace bidwell::profile {
namespace {

using redis::Failure;
using redis::Reply;

// Commands that wait for their replies: enough to keep Redis busy meanwhile.
constexpr unsigned kInFlightMax = 1024;
// A reply that takes longer is none. Long, as a Redis that saves or fails over may pause.
constexpr std::chrono::seconds kPatience{10};

// A connection that is driven by whoever calls: a loop that runs until what is waited for is there.
class Connection {
 public:
  explicit Connection(const redis::Options& options)
      : client_(loop_, patient(options), {{}, {}, {}, [this](const std::string& what) { problem_ = what; }}, 0) {
    client_.start();
    const auto end = std::chrono::steady_clock::now() + options.connect_timeout;
    while (!client_.connected() && std::chrono::steady_clock::now() < end) {
      loop_.run_one_for(std::chrono::milliseconds(10));
    }
    if (!client_.connected()) {
      throw std::runtime_error(fmt::format("Redis: {}", problem_.empty() ? "no connection" : problem_));
    }
  }

  redis::Client& client() noexcept { return client_; }
  static redis::Time deadline() { return std::chrono::steady_clock::now() + kPatience; }

  // Runs the loop until done() says so: each command ends by its deadline.
  template <class Done>
  void run_until(Done&& done) {
    while (!done()) loop_.run_one();
  }

 private:
  static redis::Options patient(redis::Options options) {
    options.stalled_after = kPatience;
    return options;
  }

  boost::asio::io_context loop_{1};
  std::string problem_;
  redis::Client client_;
};

std::runtime_error fault(Failure failure, const Reply& reply) {
  return std::runtime_error(
      fmt::format("Redis: {}", failure == Failure::none ? reply.text() : redis::describe(failure)));
}

// Sends one command and waits; `take` sees its reply.
template <class Send, class Take>
void ask(Connection& connection, Send&& send, Take&& take) {
  bool answered = false;
  std::optional<std::runtime_error> failed;
  send([&](Failure failure, const Reply& reply) {
    answered = true;
    if (failure != Failure::none || reply.kind() == Reply::Kind::error) {
      failed = fault(failure, reply);
    } else {
      take(reply);
    }
  });
  connection.run_until([&] { return answered; });
  if (failed) throw *failed;
}

class RedisLoader final : public Loader {
 public:
  explicit RedisLoader(const RedisPlaceOptions& options)
      : options_(options), ttl_(std::to_string(options.ttl.count())), connection_(options.redis) {}

  void put(std::span<const Row> rows) override {
    for (const Row& row : rows) {
      send(row);
      // The first alone: a script that Redis does not know yet is sent again, past those that came after it.
      if (!script_known_) wait_until(0);
      script_known_ = true;
      wait_until(kInFlightMax);
    }
  }
  void finish() override { wait_until(0); }

 private:
  void send(const Row& row) {
    const std::string value = cache::value_name(options_.prefix, row.key);
    const std::string lease = cache::lease_name(options_.prefix, row.key);
    const std::string_view keys[] = {value, lease};
    const std::string_view arguments[] = {"0", row.profile, ttl_, "", ""};
    ++in_flight_;
    connection_.client().evaluate(script_, keys, arguments, Connection::deadline(),
                                  [this](Failure failure, const Reply& reply) {
                                    --in_flight_;
                                    if (failure == Failure::none && reply.kind() != Reply::Kind::error) return;
                                    if (!failed_) failed_ = fault(failure, reply);
                                  });
  }

  void wait_until(unsigned most) {
    connection_.run_until([&] { return failed_ || in_flight_ <= most; });
    if (failed_) throw *failed_;
  }

  const RedisPlaceOptions& options_;
  const std::string ttl_;
  const redis::Script script_{cache::scripts::kPut};
  unsigned in_flight_ = 0;
  bool script_known_ = false;
  std::optional<std::runtime_error> failed_;
  Connection connection_;  // last: its callbacks use the others
};

class RedisPlace final : public Place {
 public:
  explicit RedisPlace(RedisPlaceOptions options) : options_(std::move(options)), connection_(options_.redis) {}

  std::string_view name() const override { return "redis"; }

  std::optional<Standing> find(const cache::Key& key) override {
    std::optional<Standing> found;
    const std::string name = cache::value_name(options_.prefix, key);
    const std::string_view words[] = {"GET", name};
    ask(
        connection_, [&](auto done) { connection_.client().command(words, Connection::deadline(), std::move(done)); },
        [&](const Reply& reply) {
          if (!reply.is_nil()) found = describe(reply.text());
        });
    return found;
  }

  std::unique_ptr<Loader> load(bool) override { return std::make_unique<RedisLoader>(options_); }

  bool remove(const cache::Key& key) override {
    const bool there = find(key).has_value();
    const redis::Script script{cache::scripts::kInvalidate};
    const std::string value = cache::value_name(options_.prefix, key);
    const std::string lease = cache::lease_name(options_.prefix, key);
    const std::string announcement = fmt::format("{} {}", options_.class_name, cache::key_text(key));
    const std::string_view keys[] = {value, lease};
    const std::string_view arguments[] = {"dropped", options_.channel, announcement};
    ask(
        connection_,
        [&](auto done) {
          connection_.client().evaluate(script, keys, arguments, Connection::deadline(), std::move(done));
        },
        [](const Reply&) {});
    return there;
  }

 private:
  static Standing describe(std::string_view value) {
    const auto envelope = cache::open_envelope(value);
    if (!envelope) return {false, "", fmt::format("{} bytes that are no value of ours", value.size())};
    const std::chrono::sys_seconds born{std::chrono::seconds(envelope->born / 1'000'000)};
    return {envelope->negative, std::string(envelope->bytes),
            fmt::format("as of {:%Y-%m-%dT%H:%M:%SZ}, version {}{}", born, envelope->version,
                        envelope->expired ? ", expired by an invalidation" : "")};
  }

  const RedisPlaceOptions options_;
  Connection connection_;
};

}  // namespace

std::unique_ptr<Place> redis_place(RedisPlaceOptions options) {
  return std::make_unique<RedisPlace>(std::move(options));
}

}  // namespace bidwell::profile
