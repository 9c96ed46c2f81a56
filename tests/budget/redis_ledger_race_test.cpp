// Many instances at once, on Redis' own clock: nothing is given twice, and what was billed adds up.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "tests/budget/redis_ledger_help.h"

namespace bidwell::budget {
namespace {

using testing::kToday;
using testing::options_of;

constexpr int kInstances = 8, kRounds = 400;
constexpr std::string_view kCampaigns[] = {"shoes", "socks", "hats"};
constexpr Nanos kTotal = 3'000'000, kDaily = 2'000'000;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Bids all that it gets, loses half of the bids and bills the others, every bill twice.
class Instance {
 public:
  Instance(const redis::testing::RedisServer& server, int number, std::span<std::atomic<Nanos>> billed)
      : ledger_(options_of(server)), name_("instance" + std::to_string(number)), random_(number), billed_(billed) {}

  void run() {
    for (int i = 0; i < kRounds; ++i) {
      state();
      confirm();
    }
    closing_ = true;
    state();
    while (!bids_.empty()) confirm();
  }
  bool held() const { return held_; }

 private:
  struct Bid {
    std::string id;
    std::size_t campaign;
    std::int64_t at;
    Nanos cost;
  };

  void state() {
    std::vector<Statement> statements;
    for (std::size_t i = 0; i < 3; ++i) {
      Statement& s = statements.emplace_back();
      const Nanos use = closing_ ? 0 : static_cast<Nanos>(random_() % static_cast<std::uint64_t>(left(i) + 1));
      if (use > 0) bids_.push_back({next_id(), i, unix_seconds(), use});
      used_[i] += use;
      s.campaign = kCampaigns[i];
      s.limits = {kTotal, kDaily};
      s.day = kToday;
      s.lease = 1;
      s.used = s.offered = used_[i];
      s.wanted = used_[i] + 5'000;
      s.least = 100;
      s.close = closing_;
    }
    const auto standings = ledger_.settle(name_, statements);
    for (std::size_t i = 0; i < 3; ++i) {
      const Standing& s = standings[i];
      held_ = held_ && !s.lost && s.spent + s.open + s.leased <= kTotal &&
              s.spent_today + s.open_today + s.leased_today <= kDaily && s.leased >= 0 && s.open >= 0;
      granted_[i] = s.granted;
    }
  }
  Nanos left(std::size_t i) const { return std::max<Nanos>(0, granted_[i] - used_[i]); }

  void confirm() {
    std::vector<Resolved> resolved;
    std::deque<Bid> bids;
    for (int i = 0; i < 4 && !bids_.empty(); ++i) {
      Bid& bid = bids.emplace_back(bids_.front());
      bids_.pop_front();
      Resolved one{bid.id, kCampaigns[bid.campaign], kToday, bid.at, bid.cost, std::nullopt};
      if (random_() % 2 == 0) {
        one.cost = bid.cost - bid.cost / 10;
        billed_[bid.campaign] += *one.cost;
        resolved.push_back(one);
      }
      resolved.push_back(one);
    }
    const Advance advance{name_, position_, position_ + 10};
    ledger_.confirm(resolved, {&advance, 1});
    position_ += 10;
  }
  std::string next_id() {
    std::string id = name_ + std::to_string(++bid_);
    id.resize(24, ' ');
    return id;
  }

  RedisLedger ledger_;
  const std::string name_;
  std::mt19937_64 random_;
  std::span<std::atomic<Nanos>> billed_;
  Nanos used_[3] = {}, granted_[3] = {};
  std::deque<Bid> bids_;
  std::uint64_t position_ = 0;
  int bid_ = 0;
  bool closing_ = false, held_ = true;
};

TEST(RedisLedgerRace, EightInstancesSpendNothingTwice) {
  redis::testing::RedisServer server;
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  std::atomic<Nanos> billed[3] = {};
  std::deque<Instance> instances;
  for (int i = 0; i < kInstances; ++i) instances.emplace_back(server, i, billed);
  std::vector<std::thread> threads;
  for (Instance& instance : instances) threads.emplace_back([&] { instance.run(); });
  for (std::thread& thread : threads) thread.join();

  for (const Instance& instance : instances) EXPECT_TRUE(instance.held());
  for (std::size_t i = 0; i < 3; ++i) {
    const Spent spent = ledger.spent(kCampaigns[i]);
    EXPECT_EQ(spent.in_all, billed[i].load());
    EXPECT_EQ(spent.days.at(kToday), billed[i].load());
    Nanos cells = 0;
    for (const auto& [cell, amount] : spent.cells) cells += amount;
    EXPECT_EQ(cells, billed[i].load());
    EXPECT_LE(spent.in_all, kDaily);
    EXPECT_GT(spent.in_all, kDaily / 2);
  }
  for (const AccountState& account : ledger.accounts()) {
    EXPECT_EQ(account.holders, 0);
    EXPECT_EQ(account.standing.leased, 0);
    EXPECT_EQ(account.standing.open, 0);
  }
  for (const Advance& advance : ledger.advances()) EXPECT_EQ(advance.to % 10, 0);
}

}  // namespace
}  // namespace bidwell::budget
