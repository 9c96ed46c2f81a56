#include "events/postgres_partitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "events/postgres_locks.h"

namespace bidwell::events {
namespace {

using std::chrono::sys_days;

constexpr const char* kTables[] = {"bids", "notices"};

std::string text_of(sys_days day, const char* separator) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}{}{:02}{}{:02}", static_cast<int>(date.year()), separator,
                     static_cast<unsigned>(date.month()), separator, static_cast<unsigned>(date.day()));
}

// Those that both tables have, by their names. Others (a default partition, say) are somebody else's.
Days found(pqxx::transaction_base& work) {
  Days days;
  const pqxx::result rows = work.exec(
      "SELECT extract(epoch FROM day)::bigint / 86400 FROM ("
      "  SELECT CASE WHEN relname ~ '^(bids|notices)_[0-9]{8}$' THEN to_date(right(relname, 8), 'YYYYMMDD') END AS day"
      "  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
      "  WHERE inhparent IN ('bidwell.bids'::regclass, 'bidwell.notices'::regclass)) partitions "
      "WHERE day IS NOT NULL GROUP BY day HAVING count(*) = 2");
  for (const pqxx::row& row : rows) days.insert(sys_days(std::chrono::days(row[0].as<int>())));
  return days;
}

Days missing(const Days& wanted, const Days& there) {
  Days out;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(), std::inserter(out, out.end()));
  return out;
}

// Made apart and attached then, which stops nobody who writes to the others; PARTITION OF would wait for them all.
void make_one(pqxx::transaction_base& work, const char* table, sys_days day) {
  const std::string name = fmt::format("bidwell.{}_{}", table, text_of(day, ""));
  if (work.exec_params1("SELECT to_regclass($1)", name)[0].is_null()) {
    work.exec0(fmt::format("CREATE TABLE {} (LIKE bidwell.{} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)", name, table));
  }
  const bool attached =
      work.exec_params1("SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = $1::regclass)", name)[0].as<bool>();
  if (attached) return;
  work.exec0(
      fmt::format("ALTER TABLE bidwell.{} ATTACH PARTITION {} FOR VALUES FROM ('{} 00:00:00+00') TO "
                  "('{} 00:00:00+00')",
                  table, name, text_of(day, "-"), text_of(day + std::chrono::days(1), "-")));
}

}  // namespace

std::size_t Partitions::make(pqxx::connection& connection, const Days& days) {
  if (missing(days, known_).empty()) return 0;
  {
    pqxx::nontransaction ask(connection);
    known_ = found(ask);
  }
  if (missing(days, known_).empty()) return 0;
  pqxx::work work(connection);
  lock(work, Lock::partitions);
  Days there = found(work);  // another one may have been quicker
  const Days wanted = missing(days, there);
  for (const sys_days day : wanted) {
    for (const char* table : kTables) make_one(work, table, day);
  }
  work.commit();
  there.insert(wanted.begin(), wanted.end());
  known_ = std::move(there);
  return wanted.size();
}

bool Partitions::drop_one(pqxx::connection& connection, sys_days first) {
  pqxx::work work(connection);
  if (!try_lock(work, Lock::partitions)) return false;
  const Days there = found(work);
  if (there.empty() || *there.begin() >= first) return false;
  const std::string day = text_of(*there.begin(), "");
  work.exec0("SET LOCAL lock_timeout = '1s'");
  for (const char* table : kTables) work.exec0(fmt::format("DROP TABLE bidwell.{}_{}", table, day));
  work.commit();
  forget();
  return true;
}

}  // namespace bidwell::events
