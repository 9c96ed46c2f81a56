#include <fmt/format.h>

#include <stdexcept>

#include "bidwell/core/postgres_url.h"
#include "bidwell/profile/place.h"
#include "profile/postgres_table.h"

namespace bidwell::profile {
namespace {

// COPY into a temporary table, and from there into the real one, in one transaction: all of it or nothing.
class PostgresLoader final : public Loader {
 public:
  PostgresLoader(const std::string& url, bool replace) : connection_(url), work_(connection_) {
    // Counted, so that the last row of a key can be told.
    work_.exec0("CREATE TEMPORARY TABLE loaded (row bigserial, key bytea, profile bytea) ON COMMIT DROP");
    if (replace) work_.exec0("DELETE FROM bidwell.profiles");
    copy_ = std::make_unique<pqxx::stream_to>(work_, "loaded", std::vector<std::string>{"key", "profile"});
  }

  void put(std::span<const Row> rows) override {
    for (const Row& row : rows) *copy_ << std::make_tuple(bytea_of(row.key), bytea_of(row.profile));
  }

  void finish() override {
    copy_->complete();
    work_.exec0(
        "INSERT INTO bidwell.profiles (key, profile) "
        "SELECT DISTINCT ON (key) key, profile FROM loaded ORDER BY key, row DESC "
        "ON CONFLICT (key) DO UPDATE SET profile = excluded.profile, updated_at = now()");
    work_.commit();
  }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
  std::unique_ptr<pqxx::stream_to> copy_;
};

class PostgresPlace final : public Place {
 public:
  explicit PostgresPlace(const std::string& url) : url_(with_postgres_timeouts(url)), connection_(url_) {
    if (!make_table(connection_)) throw std::runtime_error("table bidwell.profiles is missing, and may not be made");
  }

  std::string_view name() const override { return "postgres"; }

  std::optional<Standing> find(const cache::Key& key) override {
    pqxx::nontransaction query(connection_);
    const pqxx::result rows = query.exec_params(
        "SELECT profile, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
        "FROM bidwell.profiles WHERE key = $1::bytea",
        bytea_of(key));
    if (rows.empty()) return std::nullopt;
    return Standing{false, pqxx::binarystring(rows[0][0]).str(), fmt::format("updated {}", rows[0][1].c_str())};
  }

  std::unique_ptr<Loader> load(bool replace) override { return std::make_unique<PostgresLoader>(url_, replace); }

  bool remove(const cache::Key& key) override {
    pqxx::nontransaction query(connection_);
    return query.exec_params("DELETE FROM bidwell.profiles WHERE key = $1::bytea", bytea_of(key)).affected_rows() > 0;
  }

 private:
  const std::string url_;
  pqxx::connection connection_;
};

}  // namespace

std::unique_ptr<Place> postgres_place(const std::string& url) {
  return std::make_unique<PostgresPlace>(url);
}

}  // namespace bidwell::profile
