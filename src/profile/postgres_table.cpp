#include "profile/postgres_table.h"

#include <fmt/format.h>

namespace bidwell::profile {

bool make_table(pqxx::connection& connection) {
  // Asked first, as CREATE ... IF NOT EXISTS needs the right to create even where there is nothing to.
  {
    pqxx::nontransaction ask(connection);
    if (!ask.exec1("SELECT to_regclass('bidwell.profiles')")[0].is_null()) return true;
  }
  try {
    pqxx::work work(connection);
    work.exec0("CREATE SCHEMA IF NOT EXISTS bidwell");
    work.exec0(
        "CREATE TABLE IF NOT EXISTS bidwell.profiles (key bytea PRIMARY KEY, profile bytea NOT NULL, "
        "updated_at timestamptz NOT NULL DEFAULT now())");
    work.commit();
    return true;
  } catch (const pqxx::sql_error&) {
    // No right to, or another was quicker.
    pqxx::nontransaction ask(connection);
    return !ask.exec1("SELECT to_regclass('bidwell.profiles')")[0].is_null();
  }
}

std::string bytea_of(const cache::Key& key) {
  return fmt::format("\\x{:016x}{:016x}", key.high, key.low);
}

std::string bytea_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out("\\x");
  out.reserve(2 + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0xf]);
  }
  return out;
}

}  // namespace bidwell::profile
