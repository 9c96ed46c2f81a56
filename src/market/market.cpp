// A whole run: the session, then its book held against the bidders'.
#include "bidwell/market/market.h"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include "market/books.h"
#include "market/captured.h"
#include "market/generate.h"
#include "market/session.h"

namespace bidwell::market {
namespace {

using Steady = std::chrono::steady_clock;

// What bidders' clocks may be behind.
constexpr std::chrono::minutes kClockSlack{2};
constexpr std::chrono::milliseconds kLookAgain{500};

// Different for each run that ever was, at whatever seed.
std::uint64_t new_run(std::uint64_t seed) {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return mix(static_cast<std::uint64_t>(now), seed) & 0xfffffffffffff;
}

std::unique_ptr<AskSource> asks_of(const Options& options, std::uint64_t run) {
  if (options.requests.empty()) return std::make_unique<Generator>(options, run);
  return std::make_unique<CapturedAsks>(options, run);
}

std::string exchange_of(const Options& options) {
  if (!options.exchange.empty()) return options.exchange;
  std::string path = replay::parse_target(options.targets.front()).path;
  path = path.substr(0, path.find('?'));
  return path.substr(path.rfind('/') + 1);
}

// What must be there at least.
std::pair<std::uint64_t, std::uint64_t> rows_of(const OwnBook& book) {
  std::uint64_t bids = 0, notices = 0;
  for (const BidEntry& bid : book.bids()) {
    if (bid.test) continue;
    ++bids;
    for (const NoticeEntry& notice : bid.notices) notices += notice.told == Told::acknowledged;
  }
  return {bids, notices};
}

// The bidder's writers are behind: what is missing is looked for again until it is there, or the time is up.
Compared compare(Books& books, const OwnBook& own, std::chrono::seconds patience, const std::function<void()>& tell) {
  const auto [bids, notices] = rows_of(own);
  const auto until = Steady::now() + patience;
  while (!books.has(bids, notices) && Steady::now() < until) {
    tell();
    std::this_thread::sleep_for(kLookAgain);
  }
  while (true) {
    const auto began = Steady::now();
    Comparison comparison(own, books.stores_repeats());
    books.read(comparison);
    Compared compared = comparison.finish();
    if (compared.missing == 0 || Steady::now() >= until) return compared;
    tell();
    std::this_thread::sleep_for(std::max<Steady::duration>(kLookAgain, Steady::now() - began));
  }
}

Book book_alone(const OwnBook& own) {
  Comparison nobody(own, true);
  return nobody.finish().ours;
}

}  // namespace

Result run(const Options& options, const std::atomic<bool>& stop,
           const std::function<void(const Progress&)>& progress) {
  if (!options.postgres_url.empty() && !options.events_directory.empty()) {
    throw std::runtime_error("books are compared with PostgreSQL or with files, not with both");
  }
  const std::uint64_t run = new_run(options.seed);
  Session session(options, run, asks_of(options, run));
  const BooksOf of{exchange_of(options), auction_prefix(run), std::chrono::system_clock::now() - kClockSlack};
  std::unique_ptr<Books> books;
  if (!options.postgres_url.empty()) books = open_postgres(options.postgres_url, of);
  if (!options.events_directory.empty()) books = open_ndjson(options.events_directory, of);

  session.run(stop, progress);

  Result result = session.result();
  if (!books) {
    result.ours = book_alone(session.book());
    return result;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto tell = [&] {
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begun;
    if (progress)
      progress({result.auctions, options.auctions, result.won, 0, result.seconds + waited.count(), "books"});
  };
  Compared compared = compare(*books, session.book(), options.books_wait, tell);
  result.compared = true;
  result.compared_with = books->name();
  result.ours = std::move(compared.ours);
  result.theirs = std::move(compared.theirs);
  result.differences = std::move(compared.differences);
  result.differing = compared.differing;
  result.bids_sampled = compared.bids_sampled;
  result.unknown_bids_found = compared.unknown_bids_found;
  result.unknown_notices_found = compared.unknown_notices_found;
  return result;
}

}  // namespace bidwell::market
