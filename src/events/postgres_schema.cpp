#include "events/postgres_schema.h"

#include <fmt/format.h>

#include <stdexcept>

#include "events/postgres_locks.h"

namespace bidwell::events {
namespace {

std::size_t version(pqxx::transaction_base& work) {
  // From the catalog itself: to_regclass() answers from a cache that a wait for an advisory lock does not refresh.
  const bool there = work.exec1(
                             "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                             "WHERE nspname = 'bidwell' AND relname = 'migrations')")[0]
                         .as<bool>();
  if (!there) return 0;
  return work.exec1("SELECT coalesce(max(version), 0) FROM bidwell.migrations")[0].as<std::size_t>();
}

// False: nothing was left to do.
bool step(pqxx::connection& connection, std::span<const Migration> known) {
  pqxx::work work(connection);
  lock(work, Lock::schema);
  const std::size_t done = version(work);
  if (done >= known.size()) return false;
  if (done == 0) {
    work.exec0("CREATE SCHEMA IF NOT EXISTS bidwell");
    work.exec0(
        "CREATE TABLE IF NOT EXISTS bidwell.migrations (version integer PRIMARY KEY, name text NOT NULL, "
        "applied_at timestamptz NOT NULL DEFAULT now())");
  }
  work.exec(known[done].sql);
  work.exec_params0("INSERT INTO bidwell.migrations (version, name) VALUES ($1, $2)", done + 1, known[done].name);
  work.commit();
  return true;
}

}  // namespace

void migrate(pqxx::connection& connection, std::span<const Migration> known, const std::function<void()>& before_each) {
  std::size_t found = 0;
  {
    pqxx::nontransaction ask(connection);
    found = version(ask);
  }
  if (found > known.size()) {
    throw std::runtime_error(
        fmt::format("PostgreSQL: schema bidwell has version {}, this program knows {} at most: "
                    "it is older than another one that uses this database",
                    found, known.size()));
  }
  if (found == known.size()) return;
  do before_each();
  while (step(connection, known));
}

}  // namespace bidwell::events
