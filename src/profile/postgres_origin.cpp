#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <thread>

#include "bidwell/core/postgres_url.h"
#include "bidwell/profile/postgres.h"
#include "profile/call_queue.h"
#include "profile/postgres_table.h"

namespace bidwell::profile {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// '{"\\x0102...","\\x..."}': an array of bytea, its backslashes escaped once more.
std::string array_of(const std::vector<cache::Slot>& slots) {
  std::string out = "{";
  for (const cache::Slot& slot : slots) {
    if (out.size() > 1) out += ',';
    out += "\"\\";
    out += bytea_of(slot.key);
    out += '"';
  }
  return out += '}';
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// libpqxx would by itself, and the new connection would lack our settings. What replaces this in libpqxx 7 is not there
// in 6.
void never_reconnect(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

// One thread's connection and what it has counted.
class Lane {
 public:
  Lane(const PostgresOptions& options, unsigned number) : options_(options), random_(options.seed + number) {}

  void run(CallQueue& calls) {
    for (CallQueue::Call call; calls.pop(call);) {
      counters.calls.add();
      std::vector<cache::Loaded> loaded = look_up(call.slots);
      if (loaded.empty()) counters.failures.add();
      call.done(std::move(loaded));
    }
  }

  PostgresCounters counters;

 private:
  std::vector<cache::Loaded> look_up(const std::vector<cache::Slot>& slots) {
    if (!connected()) return {};
    try {
      pqxx::nontransaction query(*connection_);
      const pqxx::result rows = query.exec_prepared("find", array_of(slots));
      return in_order(slots, rows);
    } catch (const pqxx::sql_error& error) {
      log(error.what());  // a timeout, or no table: the connection stands
    } catch (const std::exception& error) {
      log(error.what());
      connection_.reset();
      put_off();
    }
    return {};
  }

  // Rows come in any order.
  std::vector<cache::Loaded> in_order(const std::vector<cache::Slot>& slots, const pqxx::result& rows) {
    std::vector<std::pair<std::string, std::size_t>> wanted;
    for (std::size_t i = 0; i < slots.size(); ++i) wanted.emplace_back(bytea_of(slots[i].key), i);
    std::sort(wanted.begin(), wanted.end());
    std::vector<cache::Loaded> loaded(slots.size());
    for (const pqxx::row& row : rows) {
      const std::string key = row[0].c_str();
      const pqxx::binarystring bytes(row[1]);
      for (auto at = std::lower_bound(wanted.begin(), wanted.end(), std::pair{key, std::size_t{0}});
           at != wanted.end() && at->first == key; ++at) {
        loaded[at->second] = {true, bytes.str()};
        counters.found.add();
      }
    }
    counters.keys.add(slots.size());
    return loaded;
  }

  bool connected() {
    if (connection_) return true;
    if (SteadyClock::now() < retry_at_) return false;
    try {
      connection_.emplace(with_postgres_timeouts(options_.url));
      never_reconnect(*connection_);
      pqxx::nontransaction(*connection_)
          .exec0("SET statement_timeout = " + std::to_string(options_.statement_timeout.count()));
      make_table(*connection_);
      connection_->prepare("find", "SELECT key, profile FROM bidwell.profiles WHERE key = ANY($1::bytea[])");
    } catch (const std::exception& error) {
      log(error.what());
      connection_.reset();
      counters.connect_failures.add();
      put_off();
      return false;
    }
    counters.connects.add();
    backoff_ = milliseconds(0);
    return true;
  }

  void put_off() {
    backoff_ = std::clamp(backoff_ * 2, options_.backoff_min, options_.backoff_max);
    retry_at_ = SteadyClock::now() + milliseconds(std::uniform_int_distribution<milliseconds::rep>(
                                         backoff_.count() / 2, backoff_.count())(random_));
  }

  void log(const std::string& what) const {
    if (options_.log) options_.log("PostgreSQL: " + one_line(what));
  }

  const PostgresOptions& options_;
  std::mt19937_64 random_;
  std::optional<pqxx::connection> connection_;
  milliseconds backoff_{0};
  SteadyClock::time_point retry_at_{};
};

}  // namespace

struct PostgresOrigin::Impl {
  explicit Impl(PostgresOptions given) : options(std::move(given)), calls(options.waiting_max) {
    for (unsigned i = 0; i < options.threads; ++i) lanes.emplace_back(options, i);
    for (Lane& lane : lanes) threads.emplace_back([&] { lane.run(calls); });
  }
  ~Impl() {
    calls.close();
    for (std::thread& thread : threads) thread.join();
  }

  const PostgresOptions options;
  CallQueue calls;
  std::deque<Lane> lanes;
  std::vector<std::thread> threads;  // last
};

PostgresOrigin::PostgresOrigin(PostgresOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

PostgresOrigin::~PostgresOrigin() = default;

void PostgresOrigin::load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) {
  impl_->calls.push({std::move(slots), std::move(done)});
}

unsigned PostgresOrigin::threads() const noexcept {
  return static_cast<unsigned>(impl_->lanes.size());
}

const PostgresCounters& PostgresOrigin::counters(unsigned thread) const noexcept {
  return impl_->lanes[thread].counters;
}

std::size_t PostgresOrigin::waiting() const {
  return impl_->calls.waiting();
}

std::size_t PostgresOrigin::refused() const noexcept {
  return impl_->calls.refused();
}

}  // namespace bidwell::profile
