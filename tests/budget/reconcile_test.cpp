// What counts as drift between ledger and truth, and what does not.
#include "bidwell/budget/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/budget/ledger_in_memory.h"
#include "tests/budget/notices.h"

namespace bidwell::budget::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kToday = static_cast<std::int32_t>(kNow / 86'400);

// Both sides hear of the same bills, of journals that are read to positions of their own.
class ReconcileTest : public ::testing::Test {
 protected:
  ReconcileTest() {
    options_.now = [] { return kNow; };
    options_.pause = [this] {
      ++pauses_;
      if (meanwhile_) meanwhile_();
    };
  }

  static std::string id_of(std::uint64_t bid) { return std::string(4, '\0') + std::string(8, static_cast<char>(bid)); }

  // To the ledger.
  void bill(std::uint64_t bid, Nanos cost, std::int64_t at = kNow, const std::string& campaign = "c1") {
    const std::string id = id_of(bid);
    const Resolved resolved{id, campaign, static_cast<std::int32_t>(at / 86'400), at, 0, cost};
    ledger_.confirm(std::span(&resolved, 1), {});
  }
  void read_to(const std::string& journal, std::uint64_t to) {
    const std::uint64_t from = ledger_.positions(std::vector<std::string>{journal})[0];
    ledger_.confirm({}, std::vector<Advance>{{journal, from, to}});
  }
  // To the truth.
  void row(Nanos cost, std::int64_t at = kNow, const std::string& campaign = "c1") {
    auto account = std::find_if(truth_.accounts.begin(), truth_.accounts.end(),
                                [&](const auto& known) { return known.campaign == campaign; });
    if (account == truth_.accounts.end()) {
      truth_.accounts.push_back({campaign, 0, {}});
      account = std::prev(truth_.accounts.end());
    }
    account->in_all += cost;
    if (at / 900 > kCell - kSpentCellsKept) account->cells[at / 900] += cost;
  }
  void stored_to(const std::string& journal, std::uint64_t to) {
    std::erase_if(truth_.positions, [&](const Advance& known) { return known.journal == journal; });
    truth_.positions.push_back({journal, 0, to});
  }
  void both(std::uint64_t bid, Nanos cost, std::int64_t at = kNow, const std::string& campaign = "c1") {
    bill(bid, cost, at, campaign);
    row(cost, at, campaign);
  }

  Reconciled look() {
    return reconcile(
        ledger_, [this] { return truth_; }, options_);
  }
  static std::string told(const Reconciled& done) {
    std::string text;
    for (const Drift& drift : done.drifts) {
      text += drift.campaign + "@" + std::to_string(drift.cell == 0 ? 0 : drift.cell - kCell) + " " +
              std::to_string(drift.ledger) + "/" + std::to_string(drift.truth) + (drift.mended ? " mended;" : ";");
    }
    return text;
  }

  LedgerInMemory ledger_{kNow};
  Truth truth_;
  ReconcileOptions options_;
  std::function<void()> meanwhile_;
  unsigned pauses_ = 0;
};

TEST_F(ReconcileTest, WhatAgreesIsLookedAtOnce) {
  both(1, 5);
  both(2, 7, kNow - 86'400, "c2");
  read_to("a/0", 100);
  stored_to("a/0", 50);  // what lies between concerns nobody
  const Reconciled done = look();
  EXPECT_EQ(done.accounts, 2u);
  EXPECT_EQ(told(done), "");
  EXPECT_THAT(done.behind, IsEmpty());
  EXPECT_EQ(pauses_, 0u);
}

TEST_F(ReconcileTest, WhatWasAddedOrRemovedIsMended) {
  both(1, 5);
  bill(2, 100);                        // nobody stored it
  row(30, kNow - 1800);                // the ledger never heard of it
  row(11, kNow - 40 * 86'400, "old");  // a campaign that it does not know, long ago
  read_to("a/0", 100);
  stored_to("a/0", 100);
  const Reconciled done = look();
  EXPECT_EQ(told(done), "c1@-2 0/30 mended;c1@0 105/5 mended;old@0 0/11 mended;");
  EXPECT_EQ(ledger_.spent("c1").in_all, 35);
  EXPECT_EQ(ledger_.spent("c1").cells, truth_.accounts[0].cells);
  EXPECT_EQ(ledger_.spent("c1").days.at(kToday), 35);
  EXPECT_EQ(ledger_.spent("old").in_all, 11);
  EXPECT_EQ(told(look()), "");
  EXPECT_EQ(pauses_, 1u);
}

TEST_F(ReconcileTest, MayOnlyReport) {
  row(30);
  options_.mend = false;
  EXPECT_EQ(told(look()), "c1@0 0/30;");
  EXPECT_EQ(ledger_.spent("c1").in_all, 0);
}

// PostgreSQL's sink has stopped: the ledger is right. Forced, it is made wrong, which is the control.
TEST_F(ReconcileTest, NothingIsMendedWhileASideIsBehind) {
  both(1, 5);
  stored_to("a/0", 100);
  bill(2, 100);
  read_to("a/0", 200);
  Reconciled done = look();
  EXPECT_EQ(told(done), "");
  EXPECT_THAT(done.behind, ElementsAre("a/0: ledger 200, PostgreSQL 100"));
  EXPECT_EQ(ledger_.spent("c1").in_all, 105);
  // The other way round.
  row(100);
  row(3);
  stored_to("a/0", 300);
  done = look();
  EXPECT_THAT(done.behind, ElementsAre("a/0: PostgreSQL 300, ledger 200"));
  EXPECT_EQ(ledger_.spent("c1").in_all, 105);
  // And of a journal of which it has not heard at all.
  read_to("a/0", 300);
  stored_to("b/0", 8);
  EXPECT_THAT(look().behind, ElementsAre("b/0: PostgreSQL 8, ledger 0"));
  options_.force = true;
  EXPECT_EQ(told(look()), "c1@0 105/108 mended;");
  EXPECT_EQ(ledger_.spent("c1").in_all, 108);
}

TEST_F(ReconcileTest, WhatArrivesBetweenTheLooksIsNoDrift) {
  both(1, 5);
  bill(2, 100);
  read_to("a/0", 200);
  row(40);
  stored_to("b/0", 70);
  meanwhile_ = [&] {
    row(100), stored_to("a/0", 200);
    bill(3, 40), read_to("b/0", 70);
  };
  const Reconciled done = look();
  EXPECT_EQ(told(done), "");
  EXPECT_THAT(done.behind, IsEmpty());
  EXPECT_EQ(pauses_, 1u);
}

// At each look one bill of the same amount is on its way: the difference is the same twice, and no drift.
TEST_F(ReconcileTest, ACellThatMovesIsNotMended) {
  bill(1, 100);
  read_to("a/0", 10);
  meanwhile_ = [&] {
    row(100), stored_to("a/0", 10);
    bill(2, 100), read_to("a/0", 20);
  };
  const Reconciled done = look();
  EXPECT_EQ(told(done), "");
  EXPECT_EQ(done.unsettled, 1u);
  EXPECT_EQ(ledger_.spent("c1").in_all, 200);
}

TEST_F(ReconcileTest, WhatIsBilledBeforeItIsMendedIsLeftForTheNextTime) {
  bill(1, 100);
  class Busy final : public LedgerInMemory {
   public:
    using LedgerInMemory::LedgerInMemory;
    bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected,
              Nanos difference) override {
      const Resolved resolved{"twelve bytes", campaign, day, kNow, 0, 1};
      confirm(std::span(&resolved, 1), {});
      return LedgerInMemory::mend(campaign, cell, day, expected, difference);
    }
  } busy(kNow);
  row(30);
  const Reconciled done = reconcile(
      busy, [this] { return truth_; }, options_);
  EXPECT_EQ(told(done), "c1@0 0/30;");
  EXPECT_EQ(busy.spent("c1").in_all, 1);
}

// The sides do not forget at the same moment: what one has as a cell the other may have as older.
TEST_F(ReconcileTest, CellsAtTheEndOfTheirTimeAreComparedAsOlder) {
  const std::int64_t oldest = (kCell - kSpentCellsKept + 1) * 900;
  bill(1, 50, oldest);
  row(50, oldest);
  truth_.accounts[0].cells.clear();
  EXPECT_EQ(told(look()), "");
  row(7, oldest);
  EXPECT_EQ(told(look()), "c1@0 50/57 mended;");
  EXPECT_EQ(ledger_.spent("c1").in_all, 57);
  EXPECT_EQ(told(look()), "");
}

TEST_F(ReconcileTest, JournalsLongForgottenHoldNothingUp) {
  read_to("20260101T000000Z-0123456789abcdef/0", 100);
  row(30);
  EXPECT_EQ(told(look()), "c1@0 0/30 mended;");
  row(30);
  read_to("20261119T000000Z-0123456789abcdef/0", 100);
  EXPECT_THAT(look().behind, ElementsAre(HasSubstr("20261119")));
  // One that it knows, however old.
  stored_to("20260101T000000Z-0123456789abcdef/0", 99);
  EXPECT_EQ(look().behind.size(), 2u);
}

constexpr std::int64_t kDay = 86'400;
constexpr char kLost[] = "20261115T000000Z-0123456789abcdef/", kLives[] = "20261118T000000Z-fedcba9876543210/";

// An instance's disk is lost before PostgreSQL had all of it, or Redis has fallen back behind what a run had told that
// is over. Others go on. While the run may still be there nothing is mended; then it is, once.
TEST_F(ReconcileTest, RunsThatAreLostHoldNothingUp) {
  both(1, 5);
  row(30);
  const std::string ahead = kLost + std::string("0"), back = kLost + std::string("1"), live = kLives + std::string("0");
  read_to(ahead, 1000), stored_to(ahead, 900);
  read_to(back, 300), stored_to(back, 400);
  read_to(live, 70), stored_to(live, 70);
  truth_.heard = {{ahead, kNow - 2 * kDay - 60}, {back, kNow - 2 * kDay}, {live, kNow - 59}};
  EXPECT_THAT(look().behind.size(), 2u) << "not long enough before PostgreSQL last heard of another";
  EXPECT_EQ(ledger_.spent("c1").in_all, 5);
  truth_.heard[live] = kNow;
  Reconciled done = look();
  EXPECT_EQ(told(done), "c1@0 5/35 mended;");
  EXPECT_THAT(done.behind, IsEmpty());
  EXPECT_THAT(done.given_up,
              ElementsAre(ahead + ": ledger 1000, PostgreSQL 900", back + ": PostgreSQL 400, ledger 300"));
  // Were its journals found again, the ledger would go on where PostgreSQL is, and count nothing twice.
  EXPECT_EQ(ledger_.positions(std::vector{ahead, back, live}), (std::vector<std::uint64_t>{1000, 400, 70}));
  row(3);
  done = look();
  EXPECT_EQ(told(done), "c1@0 35/38 mended;");
  EXPECT_EQ(done.given_up.size(), 1u);
}

TEST_F(ReconcileTest, ARunThatSomebodyHearsOfIsNotLost) {
  row(30);
  const std::string idle = kLost + std::string("0"), busy = kLost + std::string("1"), live = kLives + std::string("0");
  read_to(idle, 1000), stored_to(idle, 900);
  truth_.heard = {{idle, kNow - 9 * kDay}, {busy, kNow - kDay}, {live, kNow}};
  EXPECT_THAT(look().behind, ElementsAre(HasSubstr(idle))) << "PostgreSQL hears of another journal of the run";
  truth_.heard[busy] = kNow - 9 * kDay;
  meanwhile_ = [&] { read_to(busy, 8); };
  EXPECT_THAT(look().behind, ElementsAre(HasSubstr(idle))) << "the ledger does: it is PostgreSQL that was away";
  // PostgreSQL was away for days: of nobody it has heard for longer than of the others.
  meanwhile_ = nullptr;
  truth_.heard[live] = kNow - 9 * kDay;
  EXPECT_THAT(look().behind.size(), 2u);
  EXPECT_EQ(ledger_.spent("c1").in_all, 0);
  stored_to(busy, 8);
  truth_.heard[live] = kNow;
  EXPECT_EQ(told(look()), "c1@0 0/30 mended;");  // the control
}

// PostgreSQL had more; the ledger takes its word for it, and hears nothing of that twice.
TEST_F(ReconcileTest, ForceIsNeededOnce) {
  row(30);
  stored_to("a/0", 400), stored_to("b/0", 10);
  read_to("a/0", 300);
  options_.force = true;
  options_.mend = false;
  EXPECT_EQ(told(look()), "c1@0 0/30;");
  EXPECT_EQ(ledger_.positions(std::vector<std::string>{"a/0"})[0], 300u);
  options_.mend = true;
  EXPECT_EQ(told(look()), "c1@0 0/30 mended;");
  EXPECT_EQ(ledger_.positions(std::vector<std::string>{"a/0", "b/0"}), (std::vector<std::uint64_t>{400, 10}));
  options_.force = false;
  row(3);
  const Reconciled done = look();
  EXPECT_THAT(done.behind, IsEmpty());
  EXPECT_EQ(told(done), "c1@0 30/33 mended;");
}

TEST_F(ReconcileTest, AJournalThatIsReadJustThenIsNotSkipped) {
  row(30);
  stored_to("a/0", 400);
  options_.force = true;
  ledger_.before_confirm = [this] {
    ledger_.before_confirm = nullptr;
    read_to("a/0", 200);
  };
  EXPECT_EQ(told(look()), "c1@0 0/30;");
  EXPECT_EQ(ledger_.positions(std::vector<std::string>{"a/0"})[0], 200u);
  EXPECT_EQ(told(look()), "c1@0 0/30 mended;");
}

TEST_F(ReconcileTest, JournalsThatPostgresqlHasForgottenAreForgotten) {
  class Forgetful final : public LedgerInMemory {
   public:
    using LedgerInMemory::LedgerInMemory;
    void forget(std::span<const std::string> journals) override { forgotten.assign(journals.begin(), journals.end()); }
    std::vector<std::string> forgotten;
  } ledger(kNow);
  const std::vector<Advance> read = {{"20261001T000000Z-0000000000000000/0", 0, 5},
                                     {"20261001T000000Z-1111111111111111/0", 0, 5},  // PostgreSQL knows its run
                                     {"20261101T000000Z-2222222222222222/0", 0, 5},  // not old enough
                                     {"run/0", 0, 5}};
  ledger.confirm({}, read);
  const auto look = [&] {
    return reconcile(
        ledger, [this] { return truth_; }, options_);
  };
  look();
  EXPECT_THAT(ledger.forgotten, IsEmpty()) << "PostgreSQL knows nothing at all";
  stored_to("20261001T000000Z-1111111111111111/1", 7);
  options_.mend = false;
  look();
  EXPECT_THAT(ledger.forgotten, IsEmpty());
  options_.mend = true;
  look();
  EXPECT_THAT(ledger.forgotten, ElementsAre("20261001T000000Z-0000000000000000/0"));
}

TEST_F(ReconcileTest, ALedgerThatIsMissingIsMadeOfTheTruth) {
  const auto auckland = TimeZone::find("Pacific/Auckland");
  if (!auckland) GTEST_SKIP() << "there is no time zone database";
  options_.zone_of = [&](std::string_view campaign) { return campaign == "far" ? *auckland : TimeZone(); };
  row(1, kNow);
  row(2, kNow - 86'400);
  row(4, kNow - 2 * 86'400);
  row(8, kNow - 90 * 86'400);
  row(16, kNow - 10 * 3600, "far");  // 13:00 there, of today
  row(32, kNow - 23 * 3600, "far");  // midnight: today
  row(64, kNow - 24 * 3600, "far");  // 23:00 of the day before
  stored_to("a/0", 100);
  ledger_.missing = true;
  options_.make = false;
  EXPECT_THROW(look(), LedgerMissing);
  options_.make = true;
  const Reconciled done = look();
  EXPECT_TRUE(done.made);
  EXPECT_EQ(told(done), "");
  EXPECT_EQ(done.accounts, 2u);
  const Spent near = ledger_.spent("c1"), far = ledger_.spent("far");
  EXPECT_EQ(near.in_all, 15);
  EXPECT_EQ(near.cells, truth_.accounts[0].cells);
  EXPECT_EQ(near.days, (std::map<std::int32_t, Nanos>{{kToday, 1}, {kToday - 1, 2}, {kToday - 2, 4}}));
  EXPECT_EQ(far.days, (std::map<std::int32_t, Nanos>{{kToday, 48}, {kToday - 1, 64}}));
  EXPECT_EQ(ledger_.positions(std::vector<std::string>{"a/0"})[0], 100u);
  EXPECT_FALSE(look().made);
}

TEST_F(ReconcileTest, WhatFailsIsThrown) {
  EXPECT_THROW(reconcile(
                   ledger_, []() -> Truth { throw std::runtime_error("no truth"); }, options_),
               std::runtime_error);
}

}  // namespace
}  // namespace bidwell::budget::testing
