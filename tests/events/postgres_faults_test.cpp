// Connections cut at random moments, the server stopped and started, a server that hangs: every event is stored once.
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "events/postgres_locks.h"
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

// The control: the position in a transaction of its own, behind that of the rows. Every tenth time the connection is
// cut in between; at random it would be sometimes.
class PositionApart final : public Sink {
 public:
  explicit PositionApart(PostgresSinkOptions options) : url_(options.url), inner_(std::move(options)) {}
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    return inner_.positions(journals);
  }
  void take(const Batch& batch) override {
    Batch rows = batch;
    rows.advances.clear();
    inner_.take(rows);
    if (++taken_ % 10 == 0) cut();
    Batch advances;
    advances.advances = batch.advances;
    inner_.take(advances);
  }
  std::uint64_t stored(std::string_view journal) const override { return inner_.stored(journal); }
  void tend(std::chrono::system_clock::time_point now) override { inner_.tend(now); }
  void finish() override {}

 private:
  void cut() const {
    pqxx::connection connection(url_);
    pqxx::nontransaction(connection)
        .exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bidwell'");
  }

  const std::string url_;
  PostgresSink inner_;
  int taken_ = 0;
};

class PostgresFaultsTest : public PostgresSinkTest {
 protected:
  static constexpr unsigned kJournals = 3;

  // What stands at a position of a journal: mostly bids, each with a number of its own; and notices, of which every
  // second is a repeat of one before it or of the other journals'.
  static Event event_at(unsigned journal, std::uint64_t position) {
    const std::int64_t when = kNowMs - static_cast<std::int64_t>(position % 3) * kDayMs;
    if (position % 5 != 4) return bid(position * kJournals + journal, when);
    const std::uint64_t number = position / 10;
    return notice(Kind::bill, number, static_cast<Micros>(number % 1000), kNowMs);
  }

  // As the shipper does: asks, hands over, and asks again after each failure.
  template <class S>
  void ship(unsigned number, const std::atomic<bool>& stopping) {
    std::mt19937_64 random(number);
    const std::string journal = "run/" + std::to_string(number);
    S sink(options());
    bool ask_again = true;
    for (std::uint64_t from = 0; !stopping;) {
      try {
        if (ask_again) from = sink.positions(std::vector{journal})[0];
        ask_again = false;
        std::vector<Event> events;
        const std::uint64_t count = 1 + random() % 400;
        for (std::uint64_t i = 0; i < count; ++i) events.push_back(event_at(number, from + i));
        sink.take(batch(events, from, journal));
        from += count;
        batches_[number].fetch_add(1);
        sink.tend(at_ms(kNowMs));
      } catch (const std::exception&) {
        failures_.fetch_add(1);
        ask_again = true;
        ::poll(nullptr, 0, 2);
      }
    }
  }

  template <class S>
  void run_with_cuts(int cuts, int restarts) {
    {
      PostgresSink first(options());  // makes the schema, without which there is nothing to cut
      first.positions({});
    }
    std::atomic<bool> stopping{false};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kJournals; ++i) threads.emplace_back([&, i] { ship<S>(i, stopping); });
    std::mt19937_64 random(1);
    for (int done = 0; done < cuts;) {
      // Some batches further on, and some way into one.
      wait_for([&, goal = batches() + random() % 6] { return batches() >= goal; });
      ::poll(nullptr, 0, static_cast<int>(random() % 10));
      if (restarts > 0 && done >= cuts / 2) {
        --restarts;
        server().stop();
        ::poll(nullptr, 0, 50);
        server().start();
      }
      // Of one of them.
      done +=
          std::stoi(ask("SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity "
                        "WHERE application_name = 'bidwell' ORDER BY random() LIMIT 1) x"));
    }
    wait_for([&] { return std::all_of(batches_.begin(), batches_.end(), [](const auto& n) { return n > 0; }); });
    stopping = true;
    for (std::thread& thread : threads) thread.join();
  }

  std::uint64_t batches() const { return batches_[0] + batches_[1] + batches_[2]; }

  // The sink's backend that waits for a lock; empty: none.
  static std::string waiting() {
    return ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'bidwell' AND wait_event_type = 'Lock'");
  }

  template <class Condition>
  static void wait_for(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      ::poll(nullptr, 0, 1);
    }
  }

  // Empty when the tables hold what was handed over up to the journals' positions, once.
  std::string differences() {
    std::string out;
    std::uint64_t bids = 0;
    std::set<std::uint64_t> billed;
    for (unsigned journal = 0; journal < kJournals; ++journal) {
      const std::string found =
          ask(fmt::format("SELECT position FROM bidwell.journal_position WHERE journal = 'run/{}'", journal));
      const std::uint64_t end = found.empty() ? 0 : std::stoull(found);
      if (end == 0) out += "a journal was never stored; ";
      for (std::uint64_t at = 0; at < end; ++at) {
        if (at % 5 == 4) {
          billed.insert(at / 10);
        } else {
          ++bids;
        }
      }
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t number : billed) sum += number % 1000;
    const auto compare = [&](const std::string& what, const std::string& query, const std::string& expected) {
      if (const std::string is = ask(query); is != expected) out += what + ": " + is + ", not " + expected + "; ";
    };
    compare("bids", "SELECT count(*), count(DISTINCT bid_id) FROM bidwell.bids", fmt::format("{0}|{0}", bids));
    compare("notices", "SELECT count(*), count(DISTINCT bid_id), sum(price_micros) FROM bidwell.notices",
            fmt::format("{0}|{0}|{1}", billed.size(), sum));
    compare("rejected", "SELECT count(*) FROM bidwell.rejected", "0");
    return out;
  }

  std::atomic<int> failures_{0};
  std::array<std::atomic<std::uint64_t>, kJournals> batches_{};  // stored
};

TEST_F(PostgresFaultsTest, EachEventIsStoredOnceThoughConnectionsAreCut) {
  run_with_cuts<PostgresSink>(60, 2);
  EXPECT_EQ(differences(), "");
  EXPECT_GE(failures_, 30);
}

TEST_F(PostgresFaultsTest, AControlThatStoresThePositionApartFails) {
  run_with_cuts<PositionApart>(60, 1);
  EXPECT_THAT(differences(), ::testing::HasSubstr("bids"));
}

TEST_F(PostgresFaultsTest, AServerThatHangsIsCutOff) {
  PostgresSinkOptions quick = options();
  quick.statement_timeout = std::chrono::milliseconds(150);
  PostgresSink sink(quick);
  sink.take(batch({bid(0)}));
  const pid_t backend = std::stoi(ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'bidwell'"));
  ASSERT_EQ(::kill(backend, SIGSTOP), 0);
  EXPECT_THROW(sink.take(batch({bid(1)}, 1)), std::exception);
  ASSERT_EQ(::kill(backend, SIGCONT), 0);
  EXPECT_EQ(sink.positions(std::vector<std::string>{"run/0"})[0], 1U);
  sink.take(batch({bid(1)}, 1));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "2");
  EXPECT_EQ(sink.counters().connects.value(), 2U);
}

// Its only way out: the server's own limit is far away.
TEST_F(PostgresFaultsTest, WhoeverWaitsForAServerThatHangsCanBeInterrupted) {
  PostgresSinkOptions patient = options();
  patient.statement_timeout = std::chrono::hours(1);
  PostgresSink sink(patient);
  sink.take(batch({bid(0)}));
  pqxx::connection holder(server().url());
  pqxx::work hold(holder);
  hold.exec0("LOCK TABLE bidwell.bids IN ACCESS EXCLUSIVE MODE");
  std::atomic<bool> over{false};
  std::thread taker([&] {
    EXPECT_THROW(sink.take(batch({bid(1)}, 1)), std::exception);
    over = true;
  });
  std::string backend;
  wait_for([&] { return !(backend = waiting()).empty(); });
  EXPECT_EQ(::kill(std::stoi(backend), SIGSTOP), 0);
  EXPECT_FALSE(over);
  sink.interrupt();
  wait_for([&] { return over.load(); });
  EXPECT_EQ(::kill(std::stoi(backend), SIGCONT), 0);
  hold.abort();
  taker.join();
  EXPECT_THROW(sink.take(batch({bid(1)}, 1)), std::exception);
}

// While it brings the schema up to date.
TEST_F(PostgresFaultsTest, AServerThatHangsWhileConnectingIsCutOff) {
  PostgresSinkOptions quick = options();
  quick.statement_timeout = std::chrono::milliseconds(500);
  PostgresSink sink(quick);
  pqxx::connection holder(server().url());
  pqxx::work hold(holder);
  lock(hold, Lock::schema);
  std::atomic<bool> stopped{false}, over{false};
  std::thread asker([&] {
    while (!stopped) EXPECT_THROW(sink.positions({}), std::exception);
    over = true;
  });
  std::string backend;
  wait_for([&] { return !(backend = waiting()).empty(); });
  EXPECT_EQ(::kill(std::stoi(backend), SIGSTOP), 0);
  stopped = true;
  wait_for([&] { return over.load(); });
  EXPECT_EQ(::kill(std::stoi(backend), SIGCONT), 0);
  asker.join();
}

// A connection that does nothing for longer than that is left alone.
TEST_F(PostgresFaultsTest, AnIdleConnectionIsKept) {
  PostgresSinkOptions quick = options();
  quick.statement_timeout = std::chrono::milliseconds(1000);
  PostgresSink sink(quick);
  sink.take(batch({bid(0)}));
  ::poll(nullptr, 0, 1300);
  sink.take(batch({bid(1)}, 1));
  EXPECT_EQ(sink.counters().connects.value(), 1U);
}

}  // namespace
}  // namespace bidwell::events
