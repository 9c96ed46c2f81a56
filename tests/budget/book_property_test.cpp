// Any order of leases, bids, statements, notices, repeats, expiries, days and changed budgets keeps the ledger's word:
// thousands of random sequences against a world that knows what really happened. A ledger that is broken on purpose
// must be found out.
#include <gtest/gtest.h>

#include "tests/budget/book_world.h"

namespace bidwell::budget {
namespace {

LedgerOptions quick() {
  LedgerOptions options;
  options.repeats = std::chrono::seconds(600);
  return options;
}

template <typename Ledger>
std::string run(std::uint64_t seed, unsigned steps, std::map<std::string, std::uint64_t>* seen = nullptr) {
  Ledger ledger(quick());
  BookWorld world(ledger, quick(), seed);
  for (unsigned i = 0; i < steps && world.wrong().empty(); ++i) world.step();
  if (world.wrong().empty()) world.end();
  if (seen != nullptr) {
    for (const auto& [what, count] : world.seen()) (*seen)[what] += count;
  }
  return world.wrong();
}

TEST(BookProperty, KeepsItsWordInAnyOrder) {
  std::map<std::string, std::uint64_t> seen;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed)
    ASSERT_EQ(run<BookUnderTest>(seed, 400, &seen), "") << "seed " << seed;
  for (const char* what :
       {"answer lost", "began again", "bid", "billed before its use was stated", "closed", "confirmed again", "expired",
        "granted", "late", "limits", "lost", "repeat", "replaced", "saved", "statement to a loaded book"}) {
    EXPECT_GT(seen[what], 1000U) << what;
  }
}

// The controls: each is wrong in one way.
struct CountsRepeats : BookUnderTest {
  using BookUnderTest::BookUnderTest;
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms) override {
    std::vector<Resolved> others(resolved.begin(), resolved.end());
    std::vector<std::string> ids;
    ids.reserve(others.size());
    for (Resolved& one : others) one.bid_id = ids.emplace_back(std::to_string(++calls));
    book.confirm(others, advances, now_ms);
  }
  std::uint64_t calls = 0;
};
struct SpendsTooMuch : BookUnderTest {
  using BookUnderTest::BookUnderTest;
  Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms) override {
    Statement more = statement;
    if (more.limits.total) *more.limits.total += 1;
    Standing answer = book.settle(holder, more, now_ms);
    answer.limits = statement.limits;
    return answer;
  }
};
struct ForgetsUse : BookUnderTest {
  using BookUnderTest::BookUnderTest;
  Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms) override {
    Statement less = statement;
    if (less.close) less.used = 0;
    return book.settle(holder, less, now_ms);
  }
};
struct GrantsMore : BookUnderTest {
  using BookUnderTest::BookUnderTest;
  Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms) override {
    Standing answer = book.settle(holder, statement, now_ms);
    if (!answer.lost && !statement.close) answer.granted += 1;
    return answer;
  }
};
struct ReleasesTooMuch : BookUnderTest {
  using BookUnderTest::BookUnderTest;
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms) override {
    std::vector<Resolved> more(resolved.begin(), resolved.end());
    for (Resolved& one : more) one.reserved += 1;
    book.confirm(more, advances, now_ms);
  }
};

template <typename Broken>
unsigned found_in(unsigned sequences) {
  unsigned found = 0;
  for (std::uint64_t seed = 1; seed <= sequences; ++seed) found += run<Broken>(seed, 400).empty() ? 0 : 1;
  return found;
}

TEST(BookProperty, FindsALedgerThatIsWrong) {
  EXPECT_GT(found_in<CountsRepeats>(50), 5U);
  EXPECT_GT(found_in<SpendsTooMuch>(50), 5U);
  EXPECT_GT(found_in<ForgetsUse>(50), 5U);
  EXPECT_GT(found_in<GrantsMore>(50), 5U);
  EXPECT_GT(found_in<ReleasesTooMuch>(50), 5U);
}

}  // namespace
}  // namespace bidwell::budget
