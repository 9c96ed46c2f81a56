#include "bidwell/events/postgres.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "events/postgres_partitions.h"
#include "events/postgres_schema.h"
#include "events/postgres_session.h"
#include "events/postgres_store.h"

namespace bidwell::events {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::system_clock;

// Where partitions are kept for ever, rows older than this have no plausible day, and journals that have been silent
// for longer nothing to say.
constexpr days kHorizon{400};
constexpr days kPositionsKept{31};  // at least: what was spent is reconciled by them (budget::kJournalsRemembered)
constexpr days kIdleSlack{2};       // between the clocks, and the last bid and its journal's last move
constexpr std::chrono::minutes kTendEvery{1};
constexpr std::chrono::hours kClocksApart{1};  // by more: one of the two is wrong, and nothing is removed

// '{"a","b"}'
std::string array_of(std::span<const std::string> texts) {
  std::string out = "{";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out += '}';
}

// Where it stood is part of the statement: whoever else has moved it, or is about to, keeps this one from storing.
void advance(pqxx::work& work, const Advance& step) {
  const auto from = static_cast<std::int64_t>(step.from);
  const auto to = static_cast<std::int64_t>(step.to);
  const pqxx::result moved =
      step.from == 0
          ? work.exec_params(
                "INSERT INTO bidwell.journal_position (journal, position) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                step.journal, to)
          : work.exec_params(
                "UPDATE bidwell.journal_position SET position = $2, updated_at = now() "
                "WHERE journal = $1 AND position = $3",
                step.journal, to, from);
  if (moved.affected_rows() == 1) return;
  throw PositionMoved(fmt::format("PostgreSQL: journal {} does not stand at {} any more", step.journal, step.from));
}

}  // namespace

struct PostgresSink::Impl {
  explicit Impl(PostgresSinkOptions given) : options(std::move(given)) {}

  // Runs `work` with a session. Whatever fails ends the session: what state it is in nobody knows, and a new one is
  // made when the shipper comes back.
  template <class Work>
  auto with_session(Work work) {
    if (interrupted) throw std::runtime_error("PostgreSQL: interrupted");
    try {
      if (!session) connect();
      session->watchdog().pat();
      struct Rest {
        Watchdog& watchdog;
        ~Rest() { watchdog.rest(); }
      } const rest{session->watchdog()};
      return work(*session);
    } catch (const PositionMoved&) {
      throw;
    } catch (...) {
      replace_session(nullptr);
      throw;
    }
  }

  void replace_session(std::unique_ptr<Session> with) {
    const std::lock_guard lock(session_mutex);
    session.swap(with);
  }

  void connect() {
    try {
      replace_session(std::make_unique<Session>(options.url, options.statement_timeout));
      if (interrupted) throw std::runtime_error("PostgreSQL: interrupted");
      const auto pat = [this] { session->watchdog().pat(); };
      pat();
      migrate(session->connection(), migrations(), pat);
      pat();
      Store::prepare(session->connection());
      ask_time();
    } catch (...) {
      counters.connect_failures.add();
      throw;
    }
    partitions.forget();
    partitions.try_again();
    tended = system_clock::time_point::min();
    counters.connects.add();
  }

  void ask_time() {
    pqxx::nontransaction ask(session->connection());
    const auto ms = ask.exec1("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint")[0];
    asked = options.clock.steady();
    server_time = system_clock::time_point(std::chrono::milliseconds(ms.as<std::int64_t>()));
  }
  system_clock::time_point server_now() const {
    return server_time + std::chrono::duration_cast<system_clock::duration>(options.clock.steady() - asked);
  }

  // By the server's clock or our own, whichever lets more through: one that is wrong must not have rows set aside.
  DayRange plausible() const {
    const auto [early, late] = std::minmax({options.clock.wall(), server_now()});
    return {std::chrono::floor<days>(early) - horizon(),
            std::chrono::floor<days>(late) + days(std::max(options.days_ahead, 1))};
  }
  days horizon() const { return options.retention_days > 0 ? days(options.retention_days) : kHorizon; }

  // False: some could not be made.
  bool make_partitions(const char* what, const Days& wanted) {
    bool failed = false;
    counters.partitions_made.add(partitions.make(session->connection(), wanted, [&](const pqxx::sql_error& error) {
      if (!std::exchange(failed, true)) complain(what, error.sqlstate(), error.what());
    }));
    return !failed;
  }

  // In one transaction.
  void store(const Batch& batch, Sorted rows, bool careful) {
    Store::Stored stored;
    {
      pqxx::work work(session->connection());
      for (const Advance& step : batch.advances) advance(work, step);
      stored = rows_store.put(*session, work, batch, std::move(rows), careful);
      session->watchdog().pat();
      work.commit();
    }
    counters.bids.add(stored.bids);
    counters.notices.add(stored.notices);
    counters.repeats.add(stored.repeats);
    counters.set_aside.add(stored.refused);
    for (const Advance& step : batch.advances) positions[step.journal] = step.to;
  }

  // Once for each state of each kind of work.
  void complain(const std::string& what, const std::string& state, const std::string& text) {
    const auto [before, fresh] = complaints.try_emplace(what, state);
    if (!fresh && std::exchange(before->second, state) == state) return;
    if (options.log) options.log(fmt::format("PostgreSQL: {}: {}", what, text));
  }

  // What this connection may not do is not its business: another instance, or an administrator, does it.
  template <class Work>
  void if_allowed(const char* what, Work work) {
    try {
      work();
      complaints.erase(what);
    } catch (const pqxx::sql_error& error) {
      // No right, read-only, or in use.
      const bool no_right = dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
      if (!no_right && error.sqlstate() != "25006" && error.sqlstate() != "55P03") throw;
      complain(what, error.sqlstate(), error.what());
    }
  }

  void drop_partitions(sys_days today) {
    while (partitions.drop_one(session->connection(), today - horizon())) {
      counters.partitions_dropped.add();
      session->watchdog().pat();
    }
  }

  // Ours stay however quiet they are.
  void keep_positions() {
    pqxx::work work(session->connection());
    std::vector<std::string> ours;
    for (const auto& [journal, position] : positions) ours.push_back(journal);
    work.exec_params0(
        "UPDATE bidwell.journal_position SET updated_at = now() "
        "WHERE journal = ANY($1::text[]) AND updated_at < now() - interval '1 day'",
        array_of(ours));
    work.commit();
  }

  // By the server's clock alone, which all instances share.
  void clean_up() {
    pqxx::work work(session->connection());
    // Whoever found such a journal again would read it from its beginning, but its rows are too old to be stored.
    work.exec_params0("DELETE FROM bidwell.journal_position WHERE updated_at < now() - $1 * interval '1 day'",
                      (std::max(horizon(), kPositionsKept) + kIdleSlack).count());
    if (options.retention_days > 0) {
      work.exec_params0("DELETE FROM bidwell.rejected WHERE at < now() - $1 * interval '1 day'", horizon().count());
    }
    work.commit();
  }

  void write_settings() {
    pqxx::work work(session->connection());
    work.exec_params0(
        "INSERT INTO bidwell.settings AS s (name, value) VALUES ('loss_after', $1) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value",
        fmt::format("{} seconds", options.loss_after.count()));
    work.commit();
  }

  const PostgresSinkOptions options;
  PostgresSinkCounters counters;
  std::map<std::string, std::uint64_t, std::less<>> positions;  // as stored for good
  std::mutex session_mutex;  // against interrupt() only; the sink's thread alone changes it
  std::unique_ptr<Session> session;
  std::atomic<bool> interrupted{false};
  Partitions partitions;  // as the session has seen them
  Store rows_store;
  system_clock::time_point tended;       // of this session
  system_clock::time_point server_time;  // when it was asked
  std::chrono::steady_clock::time_point asked;
  std::map<std::string, std::string> complaints;  // by the kind of work: what kept us from it
};

PostgresSink::PostgresSink(PostgresSinkOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

PostgresSink::~PostgresSink() = default;

std::vector<std::uint64_t> PostgresSink::positions(std::span<const std::string> journals) {
  return impl_->with_session([&](Session& session) {
    pqxx::nontransaction ask(session.connection());
    const pqxx::result rows = ask.exec_params(
        "SELECT journal, position FROM bidwell.journal_position WHERE journal = ANY($1::text[])", array_of(journals));
    impl_->positions.clear();
    for (const pqxx::row& row : rows) impl_->positions[row[0].c_str()] = row[1].as<std::uint64_t>();
    std::vector<std::uint64_t> out;
    for (const std::string& journal : journals) out.push_back(stored(journal));
    return out;
  });
}

void PostgresSink::take(const Batch& batch) {
  impl_->with_session([&](Session&) {
    constexpr char kMaking[] = "making partitions of rows' days";
    Sorted rows = sort_out(batch, impl_->plausible());
    impl_->make_partitions(kMaking, rows.days);
    try {
      impl_->store(batch, rows, false);
    } catch (const pqxx::sql_error& error) {
      if (!blames_row(error)) throw;
      // A row, or a partition that somebody has dropped.
      impl_->partitions.forget();
      impl_->make_partitions(kMaking, rows.days);
      impl_->store(batch, std::move(rows), true);
    }
  });
}

std::uint64_t PostgresSink::stored(std::string_view journal) const {
  const auto found = impl_->positions.find(journal);
  return found == impl_->positions.end() ? 0 : found->second;
}

void PostgresSink::tend(system_clock::time_point now) {
  impl_->with_session([&](Session&) {
    // A clock that was set back is looked at again at once.
    if (now >= impl_->tended && impl_->tended != system_clock::time_point::min() && now - impl_->tended < kTendEvery) {
      return;
    }
    impl_->ask_time();
    const sys_days today = std::chrono::floor<days>(now);
    Days wanted;
    const int back = std::min(impl_->options.days_back, static_cast<int>(impl_->horizon().count()));
    for (int i = -back; i <= impl_->options.days_ahead; ++i) wanted.insert(today + days(i));
    impl_->partitions.try_again();
    if (impl_->make_partitions("making partitions", wanted)) impl_->complaints.erase("making partitions");
    impl_->if_allowed("writing the settings", [&] { impl_->write_settings(); });
    impl_->if_allowed("keeping our positions", [&] { impl_->keep_positions(); });
    const system_clock::time_point server = impl_->server_now();
    if (std::chrono::abs(server - now) > kClocksApart) {
      impl_->complain("removing what is old", "clocks", "not done, as the server's clock and ours are apart");
    } else {
      impl_->complaints.erase("removing what is old");
      if (impl_->options.retention_days > 0) {
        const sys_days earlier = std::chrono::floor<days>(std::min(server, now));
        impl_->if_allowed("dropping partitions", [&] { impl_->drop_partitions(earlier); });
      }
      impl_->if_allowed("removing old positions", [&] { impl_->clean_up(); });
    }
    impl_->tended = now;
  });
}

void PostgresSink::interrupt() noexcept {
  const std::lock_guard lock(impl_->session_mutex);
  impl_->interrupted = true;
  if (impl_->session) impl_->session->watchdog().bark();
}

const PostgresSinkCounters& PostgresSink::counters() const noexcept {
  return impl_->counters;
}

}  // namespace bidwell::events
