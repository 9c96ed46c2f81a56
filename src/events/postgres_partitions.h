// The tables' partitions, one a UTC day: made before rows need them, dropped when they are too old. Each change is a
// transaction of its own, apart from those that store rows; other instances may be quicker, or keep us from it.
#pragma once

#include <chrono>
#include <functional>
#include <pqxx/pqxx>
#include <set>
#include <string>

namespace bidwell::events {

using Days = std::set<std::chrono::sys_days>;

class Partitions {
 public:
  // Makes those that are missing, and returns how many. Asks the database only about days it does not know. Those that
  // this connection cannot make (no right; tables of others cover the day; read-only) are told of, and not tried again
  // before try_again(): whether their rows find a place only storing them shows.
  using Failed = std::function<void(const pqxx::sql_error&)>;
  std::size_t make(pqxx::connection& connection, const Days& days, const Failed& failed);

  // Drops those of days before `first`, at most one day a call, and returns whether there was one. What was spent on it
  // is added to bidwell.spend_archive. Gives up at once
  // where a table is in use: who waits for such a lock has all writers wait behind it.
  bool drop_one(pqxx::connection& connection, std::chrono::sys_days first);

  // Forgets what it knows: somebody has dropped one.
  void forget() { known_.clear(); }
  void try_again() { impossible_.clear(); }

 private:
  Days known_, impossible_;
};

}  // namespace bidwell::events
