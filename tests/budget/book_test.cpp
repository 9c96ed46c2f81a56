// The ledger's rules one by one, as book.h numbers them. Any order of them is book_property_test.cpp.
#include "bidwell/budget/book.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace bidwell::budget {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // a bucket begins
constexpr std::int32_t kDay = 19675;

class BookTest : public ::testing::Test {
 protected:
  Statement statement(std::uint64_t lease, Nanos used, Nanos wanted) const {
    Statement one;
    one.campaign = "shoes";
    one.limits = limits;
    one.day = day;
    one.lease = lease;
    one.used = used;
    one.wanted = wanted;
    one.least = least;
    return one;
  }
  Standing settle(std::uint64_t lease, Nanos used, Nanos wanted, std::string_view holder = "a") {
    return book.settle(holder, statement(lease, used, wanted), now);
  }
  Standing close(std::uint64_t lease, Nanos used) {
    Statement one = statement(lease, used, 0);
    one.close = true;
    return book.settle("a", one, now);
  }
  void resolve(std::string_view id, std::optional<Nanos> cost, Nanos reserved, std::int64_t bid_at) {
    const Resolved one{id, "shoes", day, bid_at, reserved, cost};
    const Advance advance{"journal", position, position + 1};
    book.confirm({&one, 1}, {&advance, 1}, now);
    ++position;
  }
  Standing look() {
    book.forget(now);
    return book.accounts().front().standing;
  }

  Limits limits{8000, std::nullopt};
  Nanos least = 10;
  std::int32_t day = kDay;
  std::int64_t now = kNow;
  std::uint64_t position = 0;
  Book book{LedgerOptions{}};
};

TEST_F(BookTest, ALeaseGrowsIsUsedAndGivesBack) {
  EXPECT_EQ(settle(1, 0, 500).granted, 500);
  Standing at = settle(1, 200, 600);
  EXPECT_EQ(at.granted, 600);
  EXPECT_EQ(at.open, 200);
  EXPECT_EQ(at.leased, 400);
  EXPECT_EQ(at.open_today, 200);
  EXPECT_EQ(at.leased_today, 400);
  EXPECT_EQ(at.used, 200);
  EXPECT_EQ(settle(1, 200, 600), at) << "said again";
  at = settle(1, 200, 300);
  EXPECT_EQ(at.granted, 300);
  EXPECT_EQ(at.leased, 100);
  EXPECT_EQ(settle(1, 200, 100).granted, 200) << "what was used stays granted";
  at = close(1, 200);
  EXPECT_EQ(at.granted, 200);
  EXPECT_EQ(at.leased, 0);
  EXPECT_EQ(book.accounts().front().holders, 0U);
}

TEST_F(BookTest, NearTheEndPiecesGetSmaller) {
  Nanos granted = 0;
  std::vector<Nanos> pieces;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const Standing at = settle(1, 0, 100'000);
    if (at.granted != granted) pieces.push_back(at.granted - granted);
    granted = at.granted;
  }
  EXPECT_EQ(pieces.front(), 1000);
  EXPECT_EQ(pieces[1], 875);
  limits = {};
  EXPECT_EQ(settle(1, 0, 100'000).granted, 100'000) << "nothing limits it";
  limits = {100'010, std::nullopt};
  EXPECT_EQ(settle(1, 0, 200'000).granted, 100'010) << "the least of use, though it is all";
  limits = {50, std::nullopt};
  EXPECT_EQ(settle(1, 0, 200'000).granted, 100'010) << "a lowered budget takes nothing back, but gives none";
  EXPECT_EQ(settle(1, 0, 0).granted, 0);
}

TEST_F(BookTest, ADayHasItsOwnBudget) {
  limits = {std::nullopt, 800};
  least = 1000;
  EXPECT_EQ(settle(1, 0, 5000).granted, 800);
  EXPECT_EQ(settle(1, 800, 5000).granted, 800);
  EXPECT_EQ(settle(1, 800, 5000, "b").lost, true);
  EXPECT_EQ(settle(1, 0, 5000, "b").granted, 0);
  ++day;
  const Standing at = settle(2, 0, 5000);
  EXPECT_EQ(at.granted, 800);
  EXPECT_EQ(at.open, 800);
  EXPECT_EQ(at.open_today, 0);
  EXPECT_EQ(at.leased_today, 800);
}

TEST_F(BookTest, ALeaseExpiresAndItsRestIsOpenFromThenOn) {
  settle(1, 0, 500);
  settle(1, 100, 500);
  now += 14'999;
  EXPECT_EQ(look().leased, 400);
  now += 1;
  EXPECT_EQ(look().leased, 0);
  EXPECT_EQ(look().open, 500);
  Standing at = settle(1, 150, 500);
  EXPECT_TRUE(at.lost);
  EXPECT_EQ(at.granted, 0);
  EXPECT_EQ(at.open, 500);
  now = kNow + 64'999;
  EXPECT_EQ(look().open, 500);
  now = kNow + 65'000;
  EXPECT_EQ(look().open, 400) << "the first bucket is over";
  now = kNow + 80'000;
  EXPECT_EQ(look().open, 0);
}

TEST_F(BookTest, LeasesThatAreNotThereAreLost) {
  EXPECT_TRUE(settle(1, 5, 500).lost);
  EXPECT_TRUE(book.accounts().empty()) << "nothing was done";
  settle(2, 0, 500);
  settle(2, 100, 500);
  EXPECT_TRUE(settle(1, 0, 500).lost) << "an older one";
  EXPECT_TRUE(settle(3, 5, 500).lost) << "a newer one that was used already";
  ++day;
  EXPECT_TRUE(settle(2, 100, 500).lost) << "of another day";
  limits = {1, 1};
  EXPECT_EQ(settle(2, 100, 500).limits, (Limits{8000, std::nullopt})) << "and says nothing of limits";
  limits = {8000, std::nullopt};
  --day;
  const Standing at = settle(3, 0, 50);
  EXPECT_EQ(at.granted, 50);
  EXPECT_EQ(at.open, 500) << "the rest of the lower one too";
  EXPECT_EQ(at.leased, 50);
}

TEST_F(BookTest, MoreUsedThanGrantedIsOpenAllTheSame) {
  settle(1, 0, 100);
  Standing at = settle(1, 130, 130);
  EXPECT_EQ(at.granted, 130);
  EXPECT_EQ(at.open, 130);
  EXPECT_EQ(at.leased, 0);
  at = settle(1, 120, 120);
  EXPECT_EQ(at.open, 130) << "less than before is an old statement";
  EXPECT_EQ(at.granted, 130);
}

TEST_F(BookTest, ABillCountsOnceAndReleasesOnce) {
  settle(1, 0, 500);
  settle(1, 300, 500);
  resolve("one", 70, 100, now / 1000);
  Standing at = look();
  EXPECT_EQ(at.spent, 70);
  EXPECT_EQ(at.spent_today, 70);
  EXPECT_EQ(at.open, 200);
  resolve("one", 70, 100, now / 1000);
  resolve("one", std::nullopt, 100, now / 1000);
  EXPECT_EQ(look(), at);
  resolve("two", std::nullopt, 100, now / 1000);
  resolve("two", std::nullopt, 100, now / 1000);
  EXPECT_EQ(look().open, 100);
  resolve("two", 60, 100, now / 1000);  // it was not lost after all
  EXPECT_EQ(look().spent, 130);
  EXPECT_EQ(look().open, 100);
  now += 65'000;
  resolve("three", 50, 100, kNow / 1000);
  EXPECT_EQ(look().spent, 180) << "late";
  EXPECT_EQ(look().open, 200) << "the rest of the lease alone";
}

TEST_F(BookTest, ABillBeforeItsUseIsStated) {
  settle(1, 0, 500);
  resolve("one", 100, 100, now / 1000);
  EXPECT_EQ(look().open, -100);
  const Standing at = settle(1, 100, 500);
  EXPECT_EQ(at.spent + at.open + at.leased, 500);
  resolve("two", 100, 100, now / 1000 + 3600);  // by a clock that is ahead
  EXPECT_EQ(look().open, -100);
  now += 65'000;
  EXPECT_EQ(look().open, 400) << "the rest, that was left when the lease ended";
  now += 60'000;
  EXPECT_EQ(look().open, 0);
}

TEST_F(BookTest, RepeatsAreRememberedForAnHour) {
  resolve("one", 70, 100, now / 1000);
  now += 3'604'999;
  resolve("one", 70, 100, kNow / 1000);
  EXPECT_EQ(look().spent, 70);
  now += 1;
  resolve("one", 70, 100, kNow / 1000);
  resolve("one", 70, 100, kNow / 1000);
  EXPECT_EQ(look().spent, 210) << "documented";
}

TEST_F(BookTest, JournalsGoOnWhereTheyEnded) {
  const std::vector<std::string> journals{"journal", "other"};
  EXPECT_EQ(book.positions(journals), (std::vector<std::uint64_t>{0, 0}));
  resolve("one", 70, 100, now / 1000);
  EXPECT_EQ(book.positions(journals), (std::vector<std::uint64_t>{1, 0}));
  const std::vector<Advance> advances{{"other", 0, 5}, {"journal", 0, 1}};
  const Resolved two{"two", "shoes", day, now / 1000, 100, 70};
  EXPECT_THROW(book.confirm({&two, 1}, advances, now), JournalMoved);
  EXPECT_EQ(book.positions(journals), (std::vector<std::uint64_t>{1, 0})) << "nothing of it";
  EXPECT_EQ(look().spent, 70);
  const std::vector<Advance> twice{{"other", 0, 5}, {"other", 5, 9}};
  book.confirm({}, twice, now);
  ASSERT_EQ(book.advances().size(), 2U);
  EXPECT_EQ(book.advances()[1].to, 9U);
}

TEST_F(BookTest, CellsAndDaysHaveTheirTime) {
  Statement one = statement(1, 0, 0);
  one.offered = 500;
  book.settle("a", one, now);
  one.offered = 700;
  one.chance_ppm = 1234;
  EXPECT_EQ(book.settle("a", one, now).offered, 700);
  const std::int64_t cell = now / 1000 / kCellSeconds;
  EXPECT_EQ(book.offered("shoes"), (Cells{{cell, 700}}));
  EXPECT_EQ(look().chance_ppm, 1234U);
  resolve("one", 70, 0, now / 1000);
  EXPECT_EQ(book.spent("shoes"), (Spent{70, {{cell, 70}}, {{kDay, 70}}}));

  now += (kSpentCellsKept - 1) * kCellSeconds * 1000;
  day += kDaysKept - 1;
  resolve("two", 5, 0, now / 1000);
  EXPECT_EQ(book.spent("shoes").cells.size(), 2U);
  EXPECT_EQ(book.spent("shoes").days.size(), 2U);
  now += kCellSeconds * 1000;
  ++day;
  resolve("three", 5, 0, now / 1000);
  EXPECT_FALSE(book.spent("shoes").cells.contains(cell));
  EXPECT_FALSE(book.spent("shoes").days.contains(kDay));
  EXPECT_EQ(book.spent("shoes").in_all, 80);
  day = kDay;
  resolve("four", 1, 0, kNow / 1000);
  EXPECT_EQ(book.spent("shoes").in_all, 81);
  EXPECT_FALSE(book.spent("shoes").cells.contains(cell));
  EXPECT_EQ(look().spent_today, 5) << "of the latest day";
}

TEST_F(BookTest, LimitsByHandGoFirstEachForItself) {
  book.set_limits("shoes", {std::nullopt, 80});
  limits = {8000, 700};
  EXPECT_EQ(settle(1, 0, 5).limits, (Limits{8000, 80}));
  limits = {9000, 700};
  EXPECT_EQ(settle(1, 0, 5).limits, (Limits{9000, 80}));
  EXPECT_EQ(book.accounts().front().by_hand, (Limits{std::nullopt, 80}));
  book.set_limits("shoes", {});
  EXPECT_EQ(look().limits, (Limits{9000, 700}));
}

TEST_F(BookTest, MendsWhatWasNotChangedMeanwhile) {
  const std::int64_t cell = now / 1000 / kCellSeconds;
  EXPECT_FALSE(book.mend("shoes", cell, kDay, 5, 10));
  EXPECT_TRUE(book.accounts().empty());
  resolve("one", 70, 0, now / 1000);
  EXPECT_TRUE(book.mend("shoes", cell, kDay, 70, -30));
  EXPECT_FALSE(book.mend("shoes", cell, kDay, 70, -30));
  EXPECT_EQ(book.spent("shoes"), (Spent{40, {{cell, 40}}, {{kDay, 40}}}));
  EXPECT_TRUE(book.mend("shoes", 0, kDay, 0, 1000)) << "what is older";
  EXPECT_FALSE(book.mend("shoes", 0, kDay, 0, 1000));
  EXPECT_EQ(book.spent("shoes"), (Spent{1040, {{cell, 40}}, {{kDay, 40}}}));
  EXPECT_FALSE(book.mend("shoes", cell - kSpentCellsKept, kDay, 0, 1));
  EXPECT_TRUE(book.mend("hats", cell, kDay, 0, 1));
  EXPECT_EQ(book.spent("hats").in_all, 1);
}

TEST_F(BookTest, IsMadeOfWhatTheTruthSays) {
  settle(1, 0, 500);
  const Spent truth{1000, {{now / 1000 / kCellSeconds, 300}}, {{kDay, 400}}};
  const std::vector<std::pair<std::string, Spent>> spent{{"hats", truth}};
  const std::vector<Advance> positions{{"journal", 0, 77}};
  book.make(spent, positions);
  EXPECT_EQ(book.spent("hats"), truth);
  EXPECT_EQ(book.spent("shoes"), Spent{});
  EXPECT_EQ(book.advances().front().to, 77U);
  EXPECT_TRUE(settle(1, 5, 500).lost);
}

TEST_F(BookTest, IsSavedAndLoaded) {
  settle(1, 0, 500);
  settle(1, 100, 500);
  book.set_limits("shoes", {std::nullopt, 900});
  resolve("one", 70, 100, now / 1000);
  resolve("two", std::nullopt, 100, now / 1000);
  Book other{LedgerOptions{}};
  other.load(book.save());
  EXPECT_EQ(other.accounts().front().standing, book.accounts().front().standing);
  EXPECT_EQ(other.spent("shoes"), book.spent("shoes"));
  EXPECT_EQ(other.settle("a", statement(1, 150, 700), now), book.settle("a", statement(1, 150, 700), now));
  std::swap(other, book);
  const Standing before = look();
  resolve("one", 70, 100, now / 1000);
  resolve("two", std::nullopt, 100, now / 1000);
  EXPECT_EQ(look(), before) << "it knows them";
}

TEST_F(BookTest, LoadsNothingElse) {
  settle(1, 0, 500);
  const std::string saved = book.save();
  EXPECT_THROW(book.load(""), std::runtime_error);
  EXPECT_THROW(book.load("something else entirely, of some length"), std::runtime_error);
  for (std::size_t i = 0; i < saved.size(); ++i) {
    EXPECT_THROW(book.load(saved.substr(0, i)), std::runtime_error) << i;
    std::string damaged = saved;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_THROW(book.load(damaged), std::runtime_error) << i;
  }
  EXPECT_EQ(look().leased, 500) << "and keeps what it has";
}

TEST_F(BookTest, TimeThatGoesBackStandsStill) {
  settle(1, 0, 500);
  now -= 60'000;
  settle(1, 100, 500);
  now = kNow + 15'000;
  EXPECT_EQ(look().leased, 0);
  EXPECT_EQ(look().open, 500);
  now = kNow + 65'000;
  EXPECT_EQ(look().open, 400);
}

// Nothing is held until a clock that was days ahead has caught up with itself.
TEST_F(BookTest, TimeGoesOnFromWhereTheClockWasSetBackTo) {
  limits = {std::nullopt, 800};
  least = 800;
  now += 3 * 86'400'000;
  day += 3;
  settle(1, 0, 300);
  settle(1, 100, 300);
  settle(1, 0, 100, "b");
  now = kNow;
  EXPECT_EQ(look().open, 100);
  EXPECT_EQ(look().leased, 300);
  day = kDay;
  EXPECT_EQ(settle(2, 0, 800).granted, 800) << "all of the right day's";
  now += 15'000;
  EXPECT_EQ(look().leased, 0);
  now = kNow + 65'000;
  EXPECT_EQ(look().open, 100 + 800) << "the rests of the leases that expired; what was open before is over";
  now = kNow + 80'000;
  EXPECT_EQ(look().open, 0);
  EXPECT_EQ(settle(3, 0, 800).granted, 800);
}

// Zones are 14 hours ahead at most, and 12 behind: a day that begins nowhere now is of a clock that is wrong.
TEST_F(BookTest, AStatementOfADayThatIsNowhereIsLost) {
  limits = {8000, 800};
  day = kDay + 2;
  EXPECT_TRUE(settle(1, 0, 500).lost);
  EXPECT_TRUE(book.accounts().empty()) << "nothing was done";
  for (const std::int32_t right : {kDay - 1, kDay, kDay + 1}) {
    day = right;
    EXPECT_EQ(settle(1, 0, 500, std::to_string(right)).granted, 100);
  }
  const AccountState before = book.accounts().front();
  for (const std::int32_t wrong : {kDay - 2, kDay + 2, kDay + 40, -kDay}) {
    day = wrong;
    EXPECT_TRUE(settle(1, 0, 500, "wrong").lost) << wrong;
  }
  const AccountState after = book.accounts().front();
  EXPECT_EQ(after.day, kDay + 1);
  EXPECT_EQ(after.standing, before.standing);
  EXPECT_EQ(after.holders, before.holders);
  day = kDay;
  EXPECT_EQ(settle(2, 0, 500, "another").granted, 87) << "there is room as before";
}

TEST_F(BookTest, ABillOfADayToComeMovesNoDay) {
  limits = {8000, 800};
  settle(1, 0, 80);
  day = kDay + 40;
  resolve("one", 70, 0, now / 1000);
  EXPECT_EQ(book.spent("shoes"), (Spent{70, {{now / 1000 / kCellSeconds, 70}}, {}}));
  EXPECT_TRUE(book.mend("shoes", now / 1000 / kCellSeconds, day, 70, 5));
  EXPECT_EQ(book.accounts().front().day, kDay);
  // A ledger may be made of such: the day's own budget stands all the same.
  const std::vector<std::pair<std::string, Spent>> truth{{"shoes", {75, {}, {{kDay, 40}, {kDay + 40, 5}}}}};
  book.make(truth, {});
  day = kDay;
  const Standing at = settle(1, 0, 500);
  EXPECT_EQ(at.spent_today, 40);
  EXPECT_EQ(at.granted, 95);
}

TEST_F(BookTest, ACellOfOffersHasAnEnd) {
  Statement one = statement(1, 0, 0);
  one.offered = std::numeric_limits<Nanos>::max();
  book.settle("a", one, now);
  book.settle("b", one, now);
  EXPECT_EQ(book.offered("shoes").begin()->second, Nanos{1} << 62);
}

}  // namespace
}  // namespace bidwell::budget
