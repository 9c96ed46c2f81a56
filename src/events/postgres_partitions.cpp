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

// Those that this many of the tables have at least, by their names. Others (a default partition, say) are somebody
// else's.
Days found(pqxx::transaction_base& work, int tables) {
  Days days;
  const pqxx::result rows = work.exec_params(
      "SELECT extract(epoch FROM day)::bigint / 86400 FROM ("
      "  SELECT CASE WHEN relname ~ '^(bids|notices)_[0-9]{8}$' THEN to_date(right(relname, 8), 'YYYYMMDD') END AS day"
      "  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
      "  WHERE inhparent IN ('bidwell.bids'::regclass, 'bidwell.notices'::regclass)) partitions "
      "WHERE day IS NOT NULL GROUP BY day HAVING count(*) >= $1",
      tables);
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

// Other things than a wait that was given up: of SQLSTATE's class 42 are a right that is missing, a partition of
// another name that overlaps and a table that does not fit; 23514 is a default partition that holds rows of the day,
// 25006 a database that is read-only.
bool impossible(const pqxx::sql_error& error) {
  // This one comes without its SQLSTATE.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return true;
  return error.sqlstate().starts_with("42") || error.sqlstate() == "23514" || error.sqlstate() == "25006";
}

// What was spent on a day that is about to go, so that no campaign's total forgets it. Nobody may add to it until then.
void archive_spend(pqxx::transaction_base& work, const std::string& notices) {
  work.exec0(fmt::format("LOCK TABLE {} IN SHARE MODE", notices));
  work.exec0(
      fmt::format("INSERT INTO bidwell.spend_archive AS a (campaign_id, spend_nanos) "
                  "SELECT campaign_id, sum(spend_nanos) FROM {} WHERE spend_nanos IS NOT NULL GROUP BY 1 "
                  "ON CONFLICT (campaign_id) DO UPDATE SET spend_nanos = a.spend_nanos + excluded.spend_nanos",
                  notices));
}

// False: another one was quicker.
bool make_day(pqxx::connection& connection, sys_days day) {
  pqxx::work work(connection);
  lock(work, Lock::partitions);
  if (found(work, 2).contains(day)) return false;
  for (const char* table : kTables) make_one(work, table, day);
  work.commit();
  return true;
}

}  // namespace

std::size_t Partitions::make(pqxx::connection& connection, const Days& days, const Failed& failed) {
  const Days wanted = missing(days, impossible_);
  if (missing(wanted, known_).empty()) return 0;
  {
    pqxx::nontransaction ask(connection);
    known_ = found(ask, 2);
  }
  std::size_t made = 0;
  for (const sys_days day : missing(wanted, known_)) {
    try {
      made += make_day(connection, day) ? 1 : 0;
      known_.insert(day);
    } catch (const pqxx::sql_error& error) {
      if (!impossible(error)) throw;
      impossible_.insert(day);
      failed(error);
    }
  }
  return made;
}

bool Partitions::drop_one(pqxx::connection& connection, sys_days first) {
  pqxx::work work(connection);
  if (!try_lock(work, Lock::partitions)) return false;
  const Days there = found(work, 1);
  if (there.empty() || *there.begin() >= first) return false;
  const std::string day = text_of(*there.begin(), "");
  work.exec0("SET LOCAL lock_timeout = '1s'");
  // One that somebody has detached is theirs now.
  const pqxx::result attached = work.exec_params(
      "SELECT inhrelid::regclass, inhparent = 'bidwell.notices'::regclass FROM pg_inherits JOIN pg_class ON "
      "pg_class.oid = inhrelid "
      "WHERE inhparent IN ('bidwell.bids'::regclass, 'bidwell.notices'::regclass) "
      "AND relname IN ('bids_' || $1, 'notices_' || $1) ORDER BY relname",
      day);
  for (const pqxx::row& row : attached) {
    if (row[1].as<bool>()) archive_spend(work, row[0].c_str());
    work.exec0(fmt::format("DROP TABLE {}", row[0].c_str()));
  }
  work.commit();
  forget();
  return true;
}

}  // namespace bidwell::events
