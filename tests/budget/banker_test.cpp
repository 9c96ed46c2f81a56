// The banker between a ledger (a Book) and the workers' wallets: tick by tick, in a time of its own.
#include "bidwell/budget/banker.h"

#include <gtest/gtest.h>

#include <random>

#include "budget/simulate_world.h"

namespace bidwell::budget {
namespace {

using std::chrono::milliseconds;
constexpr Nanos kBid = 1'000'000;
constexpr std::int64_t kDay = 20'000;  // begins at kDay * 86'400

class Bank {
 public:
  explicit Bank(unsigned workers, std::string holder = "a", SimulatedLedger* shared = nullptr)
      : own_({}, 0, 1), ledger(shared != nullptr ? *shared : own_), banker(options(std::move(holder)), workers) {
    terms.campaign = "c";
    terms.limits.daily = 100'000 * kBid;
    terms.pacing = Pacing::asap;
    terms.bid = kBid;
  }

  static BankerOptions options(std::string holder) {
    BankerOptions made;
    made.holder = std::move(holder);
    return made;
  }

  AccountNumber enlist() { return banker.enlist({&terms, 1})[0]; }
  Now now() const { return {unix_ms, Steady(milliseconds(unix_ms))}; }
  void tick(int seconds = 1) {
    for (int i = 0; i < seconds; ++i) {
      unix_ms += 1000;
      ledger.now_ms = unix_ms;
      banker.tick(ledger, now());
    }
  }
  Purse& purse(unsigned worker = 0, AccountNumber number = 0) { return banker.wallet(worker).purse(number); }
  bool may_bid(unsigned worker = 0) { return purse(worker).ask(kBid, 0, 0, now().steady) == Purse::Answer::yes; }
  // `offers` in a second, each bid on when the purse lets it; returns how many were.
  int offer(unsigned worker, int offers) {
    int bids = 0;
    for (int i = 0; i < offers; ++i) {
      purse(worker).offer(kBid);
      if (purse(worker).ask(kBid, 0, random_(), now().steady) != Purse::Answer::yes) continue;
      purse(worker).use(kBid);
      ++bids;
    }
    return bids;
  }
  Standing standing() { return ledger.book.accounts()[0].standing; }
  Nanos left(unsigned workers) {
    Nanos sum = 0;
    for (unsigned i = 0; i < workers; ++i) sum += std::max<Nanos>(0, purse(i).left());
    return sum;
  }

 private:
  SimulatedLedger own_;
  std::mt19937_64 random_{3};

 public:
  SimulatedLedger& ledger;
  Banker banker;
  AccountTerms terms;
  std::int64_t unix_ms = kDay * 86'400'000 + 43'200'000;
};

TEST(Banker, FillsPursesAndStatesWhatTheyUsed) {
  Bank bank(1);
  EXPECT_EQ(bank.enlist(), 0U);
  EXPECT_FALSE(bank.may_bid());
  bank.tick(3);
  EXPECT_TRUE(bank.may_bid());
  bank.offer(0, 1);
  bank.tick();
  EXPECT_EQ(bank.standing().open, kBid);
  EXPECT_EQ(bank.standing().used, kBid);
  EXPECT_EQ(bank.standing().offered, kBid);
}

TEST(Banker, LeasesWhatIsUsedInSeconds) {
  Bank bank(2);
  bank.enlist();
  int bids = 0;
  for (int second = 0; second < 60; ++second) {
    bids += bank.offer(0, 100);
    bank.tick();
    EXPECT_LE(bank.left(2), bank.standing().leased);
  }
  EXPECT_GT(bids, 5000);  // of 6000: it begins with little
  EXPECT_LT(bank.standing().leased, 1000 * kBid);
  EXPECT_EQ(bank.standing().used, bids * kBid);
}

TEST(Banker, WorkersThatUseMoreGetMore) {
  Bank bank(2);
  bank.enlist();
  for (int second = 0; second < 30; ++second) {
    bank.offer(0, 100);
    bank.offer(1, 10);
    bank.tick();
  }
  EXPECT_GT(bank.purse(0).left(), 4 * bank.purse(1).left());
  EXPECT_GE(bank.purse(1).left(), 10 * kBid);
}

TEST(Banker, FewBidsWorthGoToFew) {
  Bank bank(8);
  bank.terms.limits.daily = 3 * kBid;
  bank.enlist();
  for (int second = 0; second < 50; ++second) {  // then open money is forgotten
    for (unsigned worker = 0; worker < 8; ++worker) bank.offer(worker, 1);
    bank.tick();
    for (unsigned worker = 0; worker < 8; ++worker) {
      const Nanos left = bank.purse(worker).left();
      EXPECT_TRUE(left <= 0 || left >= kBid) << left;
    }
  }
  EXPECT_EQ(bank.standing().used, 3 * kBid);
}

// Several instances of several workers, each with its own ideas of traffic: never more than the budget is bid.
TEST(Banker, NeverDealsOutMoreThanThereIs) {
  SimulatedLedger ledger({}, 0.05, 1);  // one call in twenty is done, but not answered
  std::vector<std::unique_ptr<Bank>> banks;
  for (int i = 0; i < 3; ++i) {
    banks.push_back(std::make_unique<Bank>(3, std::string(1, static_cast<char>('a' + i)), &ledger));
    banks.back()->terms.limits.daily = 2000 * kBid;
    banks.back()->enlist();
  }
  std::mt19937_64 random(5);
  Nanos used = 0;
  for (int second = 0; second < 3600; ++second) {
    for (auto& bank : banks) {
      for (unsigned worker = 0; worker < 3; ++worker) {
        used += bank->offer(worker, static_cast<int>(random() % 20)) * kBid;
      }
    }
    ledger.away = second % 600 > 550;  // longer than a lease
    for (auto& bank : banks) bank->tick();
    // Nothing is ever billed or told to be lost, so within a minute no more than the budget may have been bid.
    const Standing standing = ledger.book.accounts()[0].standing;
    ASSERT_LE(standing.open + standing.leased, 2000 * kBid) << second;
  }
  EXPECT_GT(used, 2000 * kBid);
}

TEST(Banker, BidsWhatIsLeasedWhileTheLedgerIsAwayAndNoMore) {
  Bank bank(1);
  bank.enlist();
  for (int second = 0; second < 30; ++second) bank.offer(0, 10), bank.tick();
  const Nanos left = bank.purse().left();
  ASSERT_GT(left, 0);
  bank.ledger.away = true;
  bank.tick();
  EXPECT_TRUE(bank.may_bid());
  EXPECT_EQ(bank.offer(0, 1000), left / kBid);
  bank.tick();
  EXPECT_EQ(bank.offer(0, 1000), 0);
  EXPECT_GE(bank.banker.counters().failures.value(), 1U);
  bank.ledger.away = false;
  bank.tick(2);
  EXPECT_TRUE(bank.may_bid());
  EXPECT_EQ(bank.standing().used, bank.purse().used());
}

TEST(Banker, PursesEndBeforeTheirLease) {
  Bank bank(1);
  bank.enlist();
  bank.tick(5);
  bank.offer(0, 1);
  bank.tick();
  bank.ledger.away = true;
  bank.tick(13);
  EXPECT_TRUE(bank.may_bid());
  bank.tick();
  EXPECT_FALSE(bank.may_bid());  // the ledger's fifteen seconds are not over yet
  EXPECT_GT(bank.purse().left(), 0);
  bank.tick(20);
  bank.ledger.away = false;
  bank.tick();
  EXPECT_EQ(bank.banker.counters().lost.value(), 1U);
  bank.tick(2);
  EXPECT_TRUE(bank.may_bid());
}

// The ledger takes the statement for a new lease's then, and may have nothing to give.
TEST(Banker, ALeaseThatExpiredUnusedIsNotBidFrom) {
  Bank bank(1);
  bank.enlist();
  bank.tick(5);
  ASSERT_EQ(bank.purse().left(), kBid);
  bank.ledger.away = true;
  bank.tick(20);
  bank.ledger.away = false;
  bank.terms.limits.daily = 1 * kBid;  // all of it is open now: what was left of the lease
  bank.enlist();
  bank.tick(2);
  EXPECT_EQ(bank.standing().open, kBid);
  EXPECT_EQ(bank.standing().leased, 0);
  EXPECT_FALSE(bank.may_bid());
}

TEST(Banker, ALowerBudgetIsGivenBackWithinSeconds) {
  Bank bank(1);
  bank.enlist();
  for (int second = 0; second < 30; ++second) bank.offer(0, 100), bank.tick();
  ASSERT_GT(bank.standing().leased, 100 * kBid);
  bank.terms.limits.daily = 1000 * kBid;  // less than is spent
  bank.enlist();
  bank.tick(2);
  EXPECT_FALSE(bank.may_bid());
  bank.tick();
  EXPECT_EQ(bank.standing().leased, 0);
  bank.terms.limits.daily = 100'000 * kBid;
  bank.enlist();
  bank.tick(4);
  EXPECT_TRUE(bank.may_bid());
}

TEST(Banker, ADayEndsAndAnotherBegins) {
  Bank bank(1);
  bank.unix_ms = (kDay + 1) * 86'400'000 - 10'500;
  bank.enlist();
  bank.tick(10);
  const Steady midnight{milliseconds((kDay + 1) * 86'400'000)};
  EXPECT_EQ(bank.purse().ask(kBid, 0, 0, midnight - milliseconds(1)), Purse::Answer::yes);
  EXPECT_EQ(bank.purse().ask(kBid, 0, 0, midnight), Purse::Answer::over_budget);
  bank.offer(0, 1);
  bank.tick(3);
  EXPECT_TRUE(bank.may_bid());
  const AccountState state = bank.ledger.book.accounts()[0];
  EXPECT_EQ(state.day, kDay + 1);
  EXPECT_EQ(state.standing.open, kBid);
  EXPECT_EQ(state.standing.open_today, 0);
  EXPECT_EQ(state.standing.leased, state.standing.leased_today);
}

TEST(Banker, ClosesWhatIsNotNamedOrNotInItsFlight) {
  Bank bank(1);
  bank.enlist();
  bank.tick(5);
  EXPECT_GT(bank.standing().leased, 0);
  bank.banker.enlist({});
  bank.tick();
  EXPECT_FALSE(bank.may_bid());
  EXPECT_EQ(bank.standing().leased, 0);
  EXPECT_TRUE(bank.banker.view().empty());

  EXPECT_EQ(bank.enlist(), 0U);  // the same again
  bank.tick(3);
  EXPECT_TRUE(bank.may_bid());
  bank.terms.flight_end = bank.unix_ms / 1000 + 3;
  bank.enlist();
  bank.tick(2);
  EXPECT_TRUE(bank.may_bid());
  bank.tick(2);
  EXPECT_FALSE(bank.may_bid());
  EXPECT_EQ(bank.standing().leased, 0);
}

TEST(Banker, IdleAccountsAreSeldomStated) {
  Bank bank(1);
  bank.enlist();
  bank.tick(10);
  const auto before = bank.ledger.calls;
  bank.tick(60);
  EXPECT_LE(bank.ledger.calls - before, 13U);
  EXPECT_GE(bank.ledger.calls - before, 11U);
  EXPECT_TRUE(bank.may_bid());
}

TEST(Banker, ManyAccountsTakeFewCalls) {
  Bank bank(1);
  std::vector<AccountTerms> all;
  for (int i = 0; i < 1000; ++i) all.push_back(bank.terms), all.back().campaign = std::to_string(i);
  const auto numbers = bank.banker.enlist(all);
  EXPECT_EQ(numbers.size(), 1000U);
  bank.tick();
  EXPECT_EQ(bank.ledger.calls, 4U);
}

TEST(Banker, GivesBackWhatIsLeftAtTheEnd) {
  Bank bank(2);
  bank.enlist();
  bank.tick(3);
  bank.offer(0, 1);
  EXPECT_TRUE(bank.banker.close(bank.ledger, bank.now()));
  EXPECT_FALSE(bank.may_bid());
  EXPECT_EQ(bank.standing().leased, 0);
  EXPECT_EQ(bank.standing().used, kBid);
  Bank away(1);
  away.enlist();
  away.tick(3);
  away.ledger.away = true;
  EXPECT_FALSE(away.banker.close(away.ledger, away.now()));
  EXPECT_FALSE(away.may_bid());
}

TEST(Banker, ShowsHowAccountsStand) {
  Bank bank(1);
  bank.terms.pacing = Pacing::even;
  bank.terms.zone = *TimeZone::find("Europe/Berlin");
  bank.enlist();
  EXPECT_FALSE(bank.banker.view()[0].answered);
  bank.tick(5);
  const AccountView view = bank.banker.view()[0];
  EXPECT_TRUE(view.answered);
  EXPECT_EQ(view.terms, bank.terms);
  EXPECT_EQ(view.standing.limits, bank.terms.limits);
  EXPECT_GE(view.chance, 0);
  EXPECT_LE(view.chance, 1);
  EXPECT_EQ(bank.banker.zone_of("c").name(), "Europe/Berlin");
  EXPECT_EQ(bank.banker.zone_of("nobody's").name(), "UTC");
}

// Half of the day's money is spent, and the ledger knows no offers from before noon.
TEST(Banker, GoesOnAfterALedgerWasMadeAgain) {
  Bank bank(1);
  bank.terms.pacing = Pacing::even;
  const Nanos half = 50'000 * kBid;
  const std::vector<std::pair<std::string, Spent>> truth{{"c", {half, {{kDay * 96, half}}, {{kDay, half}}}}};
  bank.ledger.book.make(truth, {});
  bank.enlist();
  int bids = 0;
  for (int second = 0; second < 120; ++second) bids += bank.offer(0, 10), bank.tick();
  EXPECT_GT(bids, 50);
  EXPECT_NEAR(static_cast<double>(bank.banker.view()[0].target_today), 50'070.0 * kBid, 100.0 * kBid);
}

// Its lease goes on: what is granted then is not thrown away.
TEST(Banker, AnAccountThatIsOpenAgainBeforeItsEndWasHeard) {
  Bank bank(1);
  bank.enlist();
  bank.tick(5);
  ASSERT_TRUE(bank.may_bid());
  bank.ledger.away = true;
  bank.banker.enlist({});
  bank.tick();
  EXPECT_FALSE(bank.may_bid());
  bank.enlist();
  bank.tick();
  bank.ledger.away = false;
  bank.tick(3);
  EXPECT_TRUE(bank.may_bid());
  EXPECT_EQ(bank.standing().open, 0);
  EXPECT_EQ(bank.standing().leased, kBid);
}

// A total with an end: an even share for each day that is left, where it is less than the day's limit.
TEST(Banker, SpreadsATotalOverItsFlight) {
  Bank bank(1);
  bank.terms.pacing = Pacing::even;
  bank.terms.limits = {.total = 1000 * kBid, .daily = 400 * kBid};
  bank.terms.flight_start = kDay * 86'400;
  bank.terms.flight_end = (kDay + 4) * 86'400;
  bank.enlist();
  bank.unix_ms = (kDay + 1) * 86'400'000 - 3000;
  bank.tick(1);
  bank.tick(1);
  // The forecast begins with the account, which is new: a second of three is over.
  const Nanos target = bank.banker.view()[0].target_today;
  EXPECT_LE(target, 250 * kBid);
  bank.terms.limits.daily = 100 * kBid;
  bank.enlist();
  bank.tick(1);
  EXPECT_LE(bank.banker.view()[0].target_today, 100 * kBid);
}

}  // namespace
}  // namespace bidwell::budget
