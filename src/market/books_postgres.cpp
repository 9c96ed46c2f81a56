// Reads schema bidwell's tables through a cursor, so that millions of rows need no memory.
#include <fmt/format.h>

#include <pqxx/pqxx>
#include <stdexcept>

#include "bidwell/core/postgres_url.h"
#include "market/books.h"

namespace bidwell::market {
namespace {

constexpr int kRowsAtOnce = 10'000;

std::string_view view(const pqxx::field& field) {
  return {field.c_str(), field.size()};
}

class Postgres final : public Books {
 public:
  Postgres(const std::string& url, const BooksOf& of) : url_(with_postgres_timeouts(url)) {
    pqxx::connection connection(url_);
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(of.since.time_since_epoch()).count();
    const std::string recent =
        fmt::format("bid_at >= to_timestamp({}) AND exchange = {}", since, connection.quote(of.exchange));
    // left() in place of LIKE: a prefix is not a pattern.
    bids_ = fmt::format("FROM bidwell.bids WHERE {} AND left(auction_id, {}) = {}", recent, of.auction_prefix.size(),
                        connection.quote(of.auction_prefix));
    notices_ = "FROM bidwell.notices WHERE " + recent;
  }

  std::string name() const override { return "PostgreSQL"; }
  bool stores_repeats() const override { return false; }

  bool has(std::uint64_t bids, std::uint64_t notices) override {
    pqxx::connection connection(url_);
    pqxx::nontransaction query(connection);
    return query.exec1("SELECT count(*) " + bids_)[0].as<std::uint64_t>() >= bids &&
           query.exec1("SELECT count(*) " + notices_)[0].as<std::uint64_t>() >= notices;
  }

  void read(Comparison& comparison) override {
    pqxx::connection connection(url_);
    // Both tables as of one moment.
    pqxx::transaction<pqxx::repeatable_read> work(connection);
    each(work, "bid_id, auction_id, imp_id, campaign_id, currency, price_micros, sample_ppm " + bids_,
         [&](const pqxx::row& row) {
           comparison.bid({view(row[0]), view(row[1]), view(row[2]), view(row[3]), view(row[4]),
                           row[5].as<std::int64_t>(), row[6].as<std::uint32_t>()});
         });
    each(work, "bid_id, kind, campaign_id, currency, price_micros " + notices_, [&](const pqxx::row& row) {
      comparison.notice({view(row[0]), view(row[1]), view(row[2]), view(row[3]),
                         row[4].is_null() ? std::nullopt : std::optional(row[4].as<std::int64_t>())});
    });
  }

 private:
  template <class Take>
  static void each(pqxx::transaction_base& work, const std::string& what, const Take& take) {
    work.exec0("DECLARE rows NO SCROLL CURSOR FOR SELECT " + what);
    while (true) {
      const pqxx::result rows = work.exec(fmt::format("FETCH {} FROM rows", kRowsAtOnce));
      for (const pqxx::row& row : rows) take(row);
      if (rows.empty()) break;
    }
    work.exec0("CLOSE rows");
  }

  const std::string url_;
  std::string bids_, notices_;
};

}  // namespace

std::unique_ptr<Books> open_postgres(const std::string& url, const BooksOf& of) {
  try {
    auto books = std::make_unique<Postgres>(url, of);
    books->has(0, 0);
    return books;
  } catch (const pqxx::failure& error) {
    throw std::runtime_error(fmt::format("the bidder's PostgreSQL: {}", error.what()));
  }
}

}  // namespace bidwell::market
