// One query over all rows that say what was spent; those before `since` come as one sum. For 5 million of them among 10
// million notices (1.4 GB) it takes 8 s on two busy cores, and 5 s with an index over these rows alone, which would
// cost 48 bytes a row and every insert: it is done without.
#include "bidwell/events/billed.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "events/postgres_session.h"

namespace bidwell::events {
namespace {

// For hundreds of millions of rows; there is nothing it keeps waiting.
constexpr std::chrono::minutes kTimeout{10};

// A cell that is null: what was spent before `since`, or on days that are gone.
constexpr char kQuery[] = R"sql(
SELECT campaign_id, cell, sum(spend)::bigint FROM (
  SELECT campaign_id, CASE WHEN bid_at >= to_timestamp($1) THEN floor(date_part('epoch', bid_at) / $2)::bigint END AS cell,
         sum(spend_nanos) AS spend
  FROM bidwell.notices WHERE spend_nanos IS NOT NULL GROUP BY 1, 2
  UNION ALL
  SELECT campaign_id, NULL, spend_nanos FROM bidwell.spend_archive
) billed GROUP BY 1, 2 ORDER BY 1
)sql";

// A server looks only when it has something to send whether anybody still waits for it, unless it is told to. Not all
// of them can.
void look_for_us(pqxx::connection& connection) {
  try {
    pqxx::nontransaction(connection).exec0("SET client_connection_check_interval = '1s'");
  } catch (const pqxx::sql_error&) {
  }
}

}  // namespace

// While it lives an interruption cuts the connection off.
class Interruptible {
 public:
  Interruptible(Interruption* by, Session& session) : by_(by) {
    if (by_ == nullptr) return;
    const std::lock_guard lock(by_->mutex_);
    by_->watchdog_ = &session.watchdog();
    if (by_->interrupted_) session.watchdog().bark();
  }
  ~Interruptible() {
    if (by_ == nullptr) return;
    const std::lock_guard lock(by_->mutex_);
    by_->watchdog_ = nullptr;
  }

 private:
  Interruption* const by_;
};

void Interruption::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (watchdog_ != nullptr) watchdog_->bark();
}

Billed read_billed(const std::string& url, std::chrono::system_clock::time_point since, std::int64_t cell_seconds,
                   Interruption* interruption) {
  Session session(url, kTimeout);
  const Interruptible interruptible(interruption, session);
  session.watchdog().pat();
  look_for_us(session.connection());
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> work(session.connection());
  work.exec0("SET LOCAL jit = off");  // with many partitions compiling takes longer than it saves
  Billed billed;
  if (work.exec1("SELECT to_regclass('bidwell.notices') IS NULL")[0].as<bool>()) return billed;
  const std::int64_t since_seconds = std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count();
  for (const pqxx::row& row : work.exec_params(kQuery, since_seconds, cell_seconds)) {
    if (billed.campaigns.empty() || billed.campaigns.back().id != row[0].c_str()) {
      billed.campaigns.push_back({row[0].c_str(), 0, {}});
    }
    Billed::Campaign& campaign = billed.campaigns.back();
    const auto spend = row[2].as<Nanos>();
    campaign.in_all += spend;
    if (!row[1].is_null()) campaign.cells[row[1].as<std::int64_t>()] = spend;
  }
  session.watchdog().pat();
  for (const pqxx::row& row : work.exec(
           "SELECT journal, position, floor(date_part('epoch', updated_at))::bigint FROM bidwell.journal_position")) {
    billed.positions[row[0].c_str()] = row[1].as<std::uint64_t>();
    billed.heard[row[0].c_str()] = row[2].as<std::int64_t>();
  }
  session.watchdog().rest();
  return billed;
}

}  // namespace bidwell::events
