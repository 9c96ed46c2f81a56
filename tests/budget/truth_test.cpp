// The whole way with real journals, shippers and a real PostgreSQL: whatever is lost, stopped or planted, in the end
// the ledger has what PostgreSQL has, to the nano.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "bidwell/budget/reconcile.h"
#include "bidwell/budget/sink.h"
#include "bidwell/events/billed.h"
#include "bidwell/events/journals.h"
#include "bidwell/events/postgres.h"
#include "bidwell/events/shipper.h"
#include "tests/budget/ledger_in_memory.h"
#include "tests/budget/notices.h"
#include "tests/profile/folder.h"
#include "tests/profile/postgres_server.h"

namespace bidwell::budget::testing {
namespace {

using events::Kind;
using ::testing::IsEmpty;
using ::testing::Not;

std::int64_t real_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

// For several threads.
class LockedLedger final : public LedgerInMemory {
 public:
  using LedgerInMemory::LedgerInMemory;
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::positions(journals);
  }
  std::vector<Advance> advances() override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::advances();
  }
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> steps) override {
    const std::lock_guard lock(mutex_);
    LedgerInMemory::confirm(resolved, steps);
  }
  std::vector<AccountState> accounts() override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::accounts();
  }
  Spent spent(std::string_view campaign) override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::spent(campaign);
  }
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference) override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::mend(campaign, cell, day, expected, difference);
  }
  bool exists() override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::exists();
  }
  bool make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) override {
    const std::lock_guard lock(mutex_);
    return LedgerInMemory::make(spent, positions);
  }
  void lose() {
    const std::lock_guard lock(mutex_);
    missing = true;
  }

 private:
  std::mutex mutex_;
};

// PostgreSQL's, when it can be reached.
class Reachable final : public events::Sink {
 public:
  explicit Reachable(events::Sink& sink) : sink_(sink) {}
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    ask();
    return sink_.positions(journals);
  }
  void take(const events::Batch& batch) override {
    ask();
    sink_.take(batch);
  }
  std::uint64_t stored(std::string_view journal) const override { return sink_.stored(journal); }
  void tend(std::chrono::system_clock::time_point now) override { sink_.tend(now); }
  void finish() override { sink_.finish(); }
  void interrupt() noexcept override { sink_.interrupt(); }
  std::atomic<bool> down{false};

 private:
  void ask() const {
    if (down) throw std::runtime_error("PostgreSQL is down");
  }
  events::Sink& sink_;
};

class BudgetTruthTest : public ::testing::Test {
 protected:
  static constexpr const char* kCampaigns[] = {"c1", "c2", "c3"};

  BudgetTruthTest() {
    server().execute("DROP SCHEMA IF EXISTS bidwell CASCADE");
    for (int worker = 0; worker < 3; ++worker) workers_.push_back(&journals_.add_worker());
    events::ShipperOptions quick;
    quick.interval = std::chrono::milliseconds(1);
    quick.backoff_min = quick.backoff_max = std::chrono::milliseconds(2);
    quick.batch_bytes_min = 4096;
    to_postgres_ = std::make_unique<events::Shipper>(journals_, reachable_, quick);
    to_ledger_ = std::make_unique<events::Shipper>(journals_, budget_, quick);
    journals_.start();
    to_postgres_->start();
    to_ledger_->start();
    options_.now = real_now;
  }
  ~BudgetTruthTest() override {
    to_postgres_->stop(std::chrono::milliseconds(0));
    to_ledger_->stop(std::chrono::milliseconds(0));
    journals_.stop();
  }

  static bidwell::testing::PostgresServer& server() {
    static bidwell::testing::PostgresServer only;
    return only;
  }
  events::PostgresSinkOptions postgres_options() {
    events::PostgresSinkOptions options;
    options.url = server().url();
    return options;
  }
  events::JournalOptions journal_options() {
    events::JournalOptions options;
    options.directory = folder_ / "journals";
    options.segment_bytes = 128 << 10;
    options.allowance_bytes = 64 << 20;
    options.fsync = events::Fsync::never;
    return options;
  }

  static BudgetSink::Options in_utc() {
    BudgetSink::Options options;
    options.zone_of = [](std::string_view) { return TimeZone(); };
    options.resolved_max = 100;
    return options;
  }

  void append(const events::Event& event) {
    events::Journal& journal = *workers_[random_() % workers_.size()];
    char* room = nullptr;
    while ((room = journal.reserve(events::kEventBytesMax, events::Journal::Priority::notice)) == nullptr) {
      std::this_thread::yield();
    }
    journal.publish(events::encode(event, room));
  }

  // Of bids of the last half an hour, some with repeats in any journal; and some old ones.
  void spend(int count) {
    const std::int64_t now = real_now();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t bid = next_bid_++;
      const char* campaign = kCampaigns[random_() % 3];
      const auto age = static_cast<std::int64_t>(random_() % 10 == 0 ? random_() % 200'000 : random_() % 1800);
      const events::Event bill =
          notice(Kind::bill, bid, static_cast<Nanos>(random_() % 3'000'000), campaign, now - age);
      append(notice(Kind::win, bid, events::kNoPrice, campaign, now - age));
      append(bill);
      if (age < 1800) {
        for (std::uint64_t repeats = random_() % 3; repeats > 0; --repeats) append(bill);
      }
      append(notice(Kind::loss, next_bid_++, events::kNoPrice, campaign, now - age));
    }
  }

  static bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  // All that was appended is in it.
  bool ledger_has_all() {
    return eventually([&] { return journals_.unread_bytes(1) == 0; });
  }
  bool postgres_has_all() {
    return eventually([&] { return journals_.unread_bytes(0) == 0; });
  }

  Truth truth() const {
    const auto since = std::chrono::system_clock::now() - std::chrono::seconds(kSpentCellsKept * kCellSeconds);
    events::Billed billed = events::read_billed(server().url(), since, kCellSeconds);
    Truth out;
    for (auto& campaign : billed.campaigns) out.accounts.push_back({campaign.id, campaign.in_all, campaign.cells});
    for (const auto& [journal, position] : billed.positions) out.positions.push_back({journal, 0, position});
    out.heard = std::move(billed.heard);
    return out;
  }
  Reconciled look() {
    return reconcile(
        ledger_, [this] { return truth(); }, options_);
  }
  static Cells without_zeros(Cells cells) {
    std::erase_if(cells, [](const auto& cell) { return cell.second == 0; });
    return cells;
  }
  void expect_equal() {
    const Truth now = truth();
    EXPECT_EQ(now.accounts.size(), 3u);
    for (const Truth::Account& account : now.accounts) {
      EXPECT_EQ(ledger_.spent(account.campaign).in_all, account.in_all) << account.campaign;
      EXPECT_EQ(without_zeros(ledger_.spent(account.campaign).cells), without_zeros(account.cells)) << account.campaign;
      EXPECT_GT(account.in_all, 0);
    }
  }

  profile::testing::Folder folder_;
  std::mt19937_64 random_{1};
  std::uint64_t next_bid_ = 1;
  events::Journals journals_{journal_options()};
  std::vector<events::Journal*> workers_;
  LockedLedger ledger_{real_now()};
  events::PostgresSink postgres_{postgres_options()};
  Reachable reachable_{postgres_};
  BudgetSink budget_{ledger_, in_utc()};
  std::unique_ptr<events::Shipper> to_postgres_, to_ledger_;
  ReconcileOptions options_;
};

TEST_F(BudgetTruthTest, TheLedgerIsTheSumInPostgresql) {
  spend(2000);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  expect_equal();
  const Reconciled done = look();
  EXPECT_EQ(done.accounts, 3u);
  EXPECT_THAT(done.drifts, IsEmpty());
  EXPECT_GT(postgres_.counters().repeats.value(), 500u);
}

TEST_F(BudgetTruthTest, PlantedDriftIsReportedAndMended) {
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  const auto [cell, amount] = *ledger_.spent("c1").cells.rbegin();
  ASSERT_TRUE(ledger_.mend("c1", cell, static_cast<std::int32_t>(cell * kCellSeconds / 86'400), amount, 12'345));
  server().execute(
      "DELETE FROM bidwell.notices WHERE bid_id = (SELECT min(bid_id) FROM bidwell.notices WHERE campaign_id = 'c2' "
      "AND spend_nanos > 0)");
  const Reconciled done = look();
  ASSERT_EQ(done.drifts.size(), 2u);
  EXPECT_EQ(done.drifts[0].campaign, "c1");
  EXPECT_EQ(done.drifts[0].ledger - done.drifts[0].truth, 12'345);
  EXPECT_EQ(done.drifts[1].campaign, "c2");
  EXPECT_TRUE(done.drifts[0].mended && done.drifts[1].mended);
  expect_equal();
  EXPECT_THAT(look().drifts, IsEmpty());
}

TEST_F(BudgetTruthTest, ALedgerThatLostItsDataIsMadeAgain) {
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  ledger_.lose();
  spend(500);  // PostgreSQL has some of them when the ledger is made; the journals still have the others
  ASSERT_TRUE(eventually([&] { return to_ledger_->counters().failures.value() > 0; }));
  const Reconciled done = look();
  EXPECT_TRUE(done.made);
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  // A bill that PostgreSQL had, and whose repeat stands in another journal that it had read less of, counts twice: the
  // ledger has forgotten it. So it has too much at most, until it is looked at.
  for (const Truth::Account& account : truth().accounts) {
    EXPECT_GE(ledger_.spent(account.campaign).in_all, account.in_all) << account.campaign;
  }
  look();
  expect_equal();
  EXPECT_THAT(look().drifts, IsEmpty());
}

// What the ledger had heard of and PostgreSQL had not stands in the journals, before where the sink was.
TEST_F(BudgetTruthTest, MadeAgainFromAPostgresqlThatIsBehind) {
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  reachable_.down = true;
  spend(1000);
  ASSERT_TRUE(ledger_has_all());
  const Nanos before = ledger_.spent("c1").in_all;
  // While it is only behind, nothing is mended.
  const Reconciled behind = look();
  EXPECT_THAT(behind.behind, Not(IsEmpty()));
  EXPECT_THAT(behind.drifts, IsEmpty());
  EXPECT_EQ(ledger_.spent("c1").in_all, before);
  // Nobody looks at the journals between these two: the ledger is another one, at other positions.
  ledger_.lose();
  EXPECT_TRUE(look().made);
  EXPECT_LT(truth().accounts.at(0).in_all, before);
  spend(10);
  ASSERT_TRUE(eventually([&] { return ledger_.spent("c1").in_all > before; }));
  reachable_.down = false;
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  expect_equal();
  EXPECT_THAT(look().drifts, IsEmpty());
}

// A run ended, and PostgreSQL and Redis have each lost a part of it (a disk, a failover): that holds up nobody for
// long.
TEST_F(BudgetTruthTest, ARunThatIsLostHoldsNothingUpForLong) {
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  const std::string ahead = "20260101T000000Z-0000000000000000/0", back = "20260101T000000Z-0000000000000000/1";
  ledger_.confirm({}, std::vector<Advance>{{ahead, 0, 1000}, {back, 0, 500}});
  server().execute(fmt::format("INSERT INTO bidwell.journal_position VALUES ('{}', 900), ('{}', 800)", ahead, back));
  const auto [cell, amount] = *ledger_.spent("c1").cells.rbegin();
  ASSERT_TRUE(ledger_.mend("c1", cell, static_cast<std::int32_t>(cell * kCellSeconds / 86'400), amount, -12'345));
  EXPECT_EQ(look().behind.size(), 2u);
  server().execute(
      "UPDATE bidwell.journal_position SET updated_at = now() - interval '50 hours' WHERE journal LIKE '20260101%'");
  Reconciled done = look();
  EXPECT_EQ(done.given_up.size(), 2u);
  ASSERT_EQ(done.drifts.size(), 1u);
  EXPECT_TRUE(done.drifts[0].mended);
  expect_equal();
  EXPECT_EQ(ledger_.positions(std::vector{ahead, back}), (std::vector<std::uint64_t>{1000, 800}));
  // The journals of those who live are read on.
  spend(500);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  expect_equal();
}

// The control for the rule of those that are behind: without it the ledger forgets what was billed.
TEST_F(BudgetTruthTest, WhoIgnoresThatPostgresqlIsBehindLosesMoney) {
  spend(200);
  ASSERT_TRUE(ledger_has_all() && postgres_has_all());
  reachable_.down = true;
  spend(200);
  ASSERT_TRUE(ledger_has_all());
  const Nanos before = ledger_.spent("c1").in_all;
  options_.force = true;
  EXPECT_THAT(look().drifts, Not(IsEmpty()));
  EXPECT_LT(ledger_.spent("c1").in_all, before);
}

}  // namespace
}  // namespace bidwell::budget::testing
