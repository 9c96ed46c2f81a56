// The scripts against Book: the same random calls, at the same times, must give the same answers. Books of slightly
// other options are the control: they must be told apart.
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "bidwell/budget/book.h"
#include "tests/budget/redis_ledger_help.h"

namespace bidwell::budget {
namespace {

using testing::options_of;

// A day ahead of the machine's clock: nothing that expires in Redis does so during the test.
std::int64_t g_now_ms = 0;

std::int64_t start_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
             .count() +
         86'400'000;
}

// Of any bytes.
const std::vector<std::string> kCampaigns = {"shoes", "a b:{c}*?[d]\n\\", std::string("\0\xff", 2), "w\xc3\xbc", ""};

struct Bid {
  std::string id, campaign;
  std::int32_t day;
  std::int64_t at;
  Nanos reserved;
};

struct Held {
  std::uint64_t number = 0;
  std::int32_t day = 0;
  Nanos used = 0, offered = 0, granted = 0;
};

class Walk {
 public:
  Walk(RedisLedger& ledger, Book& book, const LedgerOptions& options, std::uint64_t seed, Nanos scale, Nanos before)
      : ledger_(ledger), book_(book), options_(options), random_(seed), scale_(scale), before_(before) {}

  // What differs at first; nothing: all was the same.
  std::optional<std::string> run(int steps) {
    for (int i = 0; i < steps; ++i) {
      pass();
      if (auto difference = step()) return "step " + std::to_string(i) + ": " + *difference;
    }
    return std::nullopt;
  }
  int granted() const { return granted_; }
  int lost() const { return lost_; }
  int moved() const { return moved_; }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  Nanos amount(Nanos most) { return static_cast<Nanos>(below(static_cast<std::uint64_t>(most) + 1)); }

  void pass() {
    switch (below(40)) {
      case 0: g_now_ms += static_cast<std::int64_t>(below(120'000)); break;
      case 1: g_now_ms += below(6) == 0 ? 86'400'000 : 900'000; break;
      case 2: g_now_ms += 5'000 - g_now_ms % 5'000; break;  // the very end of a bucket
      case 3: g_now_ms += options_.lease.count() * 1000; break;
      default: g_now_ms += static_cast<std::int64_t>(below(1'500));
    }
  }
  std::int32_t today() const { return static_cast<std::int32_t>(g_now_ms / 86'400'000); }

  std::optional<std::string> step() {
    const std::uint64_t kind = below(100);
    if (kind < 55) return settle();
    if (kind < 90) return confirm();
    if (kind < 93) return limit();
    if (kind < 96) return mend();
    return look();
  }

  std::optional<std::string> settle() {
    std::vector<Statement> statements;
    const std::string holder = "holder" + std::to_string(below(5));
    for (std::uint64_t i = 0, count = 1 + below(3); i < count; ++i) statements.push_back(state(holder));
    const std::vector<Standing> answers = ledger_.settle(holder, statements);
    for (std::size_t i = 0; i < statements.size(); ++i) {
      const Standing expected = book_.settle(holder, statements[i], g_now_ms);
      if (!(answers[i] == expected)) {
        return "standing: " + text(answers[i]) + ", Book: " + text(expected);
      }
      Held& held = held_[holder + std::string(statements[i].campaign)];
      lost_ += answers[i].lost;
      granted_ += answers[i].granted > held.granted;
      held.granted = answers[i].granted;
      if (answers[i].lost || statements[i].close) held = Held{held.number + 1, today(), 0, 0, 0};
    }
    return std::nullopt;
  }

  Statement state(const std::string& holder) {
    Statement s;
    s.campaign = kCampaigns[below(kCampaigns.size())];
    Held& held = held_[holder + std::string(s.campaign)];
    if (below(30) == 0) held = Held{held.number + 1, today(), 0, 0, 0};
    if (held.number == 0) held = Held{1, today(), 0, 0, 0};
    if (below(3) != 0) {
      const Nanos use = std::min(amount(30 * scale_), std::max<Nanos>(0, held.granted - held.used));
      if (use > 0) bids_.push_back({id(), std::string(s.campaign), held.day, g_now_ms / 1000, use});
      held.used += use;
      held.offered += amount(100 * scale_);
    }
    s.limits.total = below(10) == 0 ? std::nullopt : std::optional<Nanos>(before_ + 40'000 * scale_);
    s.limits.daily = below(10) == 0 ? std::nullopt : std::optional<Nanos>(4'000 * scale_);
    s.day = held.day - (below(30) == 0 ? static_cast<std::int32_t>(below(9)) - 4 : 0);
    s.lease = held.number - (below(60) == 0 ? 1 : 0);
    s.used = held.used;
    s.offered = held.offered;
    if (below(40) == 0) s.used = s.offered = amount(40 * scale_);  // of an older time, or more than was granted
    s.wanted = below(20) == 0 ? 0 : held.used + amount(200 * scale_);
    s.least = amount(20 * scale_);
    s.close = below(25) == 0;
    s.chance_ppm = static_cast<std::uint32_t>(below(1'000'001));
    return s;
  }

  std::optional<std::string> confirm() {
    std::vector<Resolved> resolved;
    for (std::uint64_t i = 0, count = below(12); i < count && !bids_.empty(); ++i) {
      const Bid& bid = bids_[below(3) == 0 ? below(bids_.size())
                                           : bids_.size() - 1 - below(std::min<std::size_t>(bids_.size(), 40))];
      Resolved one{bid.id, bid.campaign, bid.day, bid.at, bid.reserved, std::nullopt};
      if (below(2) == 0) one.cost = below(20) == 0 ? 0 : amount(bid.reserved);
      resolved.push_back(one);
    }
    const auto someday = today() - 5 + static_cast<std::int32_t>(below(9));
    const Bid stranger{id(), below(2) == 0 ? "never bid" : kCampaigns[0], someday, g_now_ms / 1000 + 30, 5 * scale_};
    if (below(10) == 0)
      resolved.push_back({stranger.id, stranger.campaign, stranger.day, stranger.at, stranger.reserved, 7});
    std::vector<Advance> advances;
    for (std::uint64_t i = 0, count = below(3); i < count; ++i) {
      const std::string journal = "journal" + std::to_string(below(4));
      std::uint64_t& at = at_[journal];
      const std::uint64_t from = at + (below(15) == 0 ? 1 : 0);
      advances.push_back({journal, from, at + below(1'000) + (std::uint64_t{1} << 60) * (at == 0)});
      at = advances.back().to;
    }
    return confirm(resolved, advances);
  }
  std::optional<std::string> confirm(const std::vector<Resolved>& resolved, const std::vector<Advance>& advances) {
    bool moved = false, expected = false;
    try {
      ledger_.confirm(resolved, advances);
    } catch (const JournalMoved&) {
      moved = true;
    }
    try {
      book_.confirm(resolved, advances, g_now_ms);
    } catch (const JournalMoved&) {
      expected = true;
    }
    for (auto& [journal, at] : at_) at = book_.positions({{journal}})[0];
    moved_ += moved;
    return moved == expected ? std::nullopt : std::optional<std::string>("a journal moved for one alone");
  }

  std::optional<std::string> limit() {
    Limits limits;
    if (below(2) == 0) limits.total = before_ + amount(50'000 * scale_);
    if (below(2) == 0) limits.daily = amount(5'000 * scale_);
    const std::string& campaign = kCampaigns[below(kCampaigns.size())];
    ledger_.set_limits(campaign, limits);
    book_.set_limits(campaign, limits);
    return std::nullopt;
  }

  std::optional<std::string> mend() {
    const std::string& campaign = kCampaigns[below(kCampaigns.size())];
    book_.forget(g_now_ms);
    const Spent spent = book_.spent(campaign);
    std::int64_t cell = 0;
    Nanos expected = spent.in_all;
    for (const auto& [at, sum] : spent.cells) expected -= sum;
    if (!spent.cells.empty() && below(3) != 0) {
      const auto at = std::next(spent.cells.begin(), static_cast<long>(below(spent.cells.size())));
      cell = at->first;
      expected = at->second;
    }
    expected += below(5) == 0;
    const Nanos difference = amount(10) - 5;
    const std::int32_t day = cell == 0 ? 0 : static_cast<std::int32_t>(cell * kCellSeconds / 86'400);
    const bool here = ledger_.mend(campaign, cell, day, expected, difference);
    const bool there = book_.mend(campaign, cell, day, expected, difference);
    return here == there ? std::nullopt : std::optional<std::string>("mended by one alone");
  }

  std::optional<std::string> look() {
    book_.forget(g_now_ms);
    const auto accounts = ledger_.accounts(), expected = book_.accounts();
    if (accounts.size() != expected.size()) return "the number of accounts";
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      const AccountState &a = accounts[i], &b = expected[i];
      if (a.campaign != b.campaign || !(a.by_hand == b.by_hand) || a.day != b.day || a.holders != b.holders) {
        return "account " + a.campaign;
      }
      if (!(a.standing == b.standing)) return a.campaign + ": " + text(a.standing) + ", Book: " + text(b.standing);
      if (!(ledger_.spent(a.campaign) == book_.spent(a.campaign))) return "what was spent";
      if (ledger_.offered(a.campaign) != book_.offered(a.campaign)) return "what was offered";
    }
    std::vector<std::string> journals;
    for (const auto& [journal, at] : at_) journals.push_back(journal);
    if (ledger_.positions(journals) != book_.positions(journals)) return "positions";
    const auto advances = ledger_.advances(), others = book_.advances();
    if (advances.size() != others.size()) return "advances";
    return std::nullopt;
  }

  static std::string text(const Standing& s) {
    std::string out = s.lost ? "lost" : "";
    for (Nanos n : {s.granted, s.limits.total.value_or(-1), s.limits.daily.value_or(-1), s.spent, s.spent_today, s.open,
                    s.open_today, s.leased, s.leased_today, s.used, s.offered, Nanos{s.chance_ppm}}) {
      out += " " + std::to_string(n);
    }
    return out;
  }
  std::string id() {
    std::string bytes(12, '\0');
    for (char& c : bytes) c = static_cast<char>(below(256));
    return bytes;
  }

  RedisLedger& ledger_;
  Book& book_;
  const LedgerOptions options_;
  std::mt19937_64 random_;
  const Nanos scale_, before_;
  std::map<std::string, Held> held_;
  std::vector<Bid> bids_;
  std::map<std::string, std::uint64_t> at_;
  int granted_ = 0, lost_ = 0, moved_ = 0;
};

LedgerOptions usual() {
  LedgerOptions options;
  options.repeats = std::chrono::seconds(600);
  return options;
}

struct Outcome {
  std::optional<std::string> difference;
  int granted = 0, lost = 0, moved = 0;
};

// `before`: what each campaign has spent at first.
Outcome walk(const LedgerOptions& of_book, std::uint64_t seed, int steps, Nanos scale = 1, Nanos before = 500) {
  redis::testing::RedisServer server;
  g_now_ms = start_ms();
  RedisLedger::Options options = options_of(server);
  options.ledger = usual();
  options.prefix = "odd *[prefix]:";
  options.now_ms = [] { return g_now_ms; };
  RedisLedger ledger(options);
  Book book(of_book);
  std::vector<std::pair<std::string, Spent>> spent;
  for (const std::string& campaign : kCampaigns) {
    spent.push_back({campaign,
                     {before,
                      {{g_now_ms / 900'000, 90 * scale}},
                      {{static_cast<std::int32_t>(g_now_ms / 86'400'000), 80 * scale}}}});
  }
  const Advance positions[] = {{"journal0", 0, 77}};
  EXPECT_TRUE(ledger.make(spent, positions));
  book.make(spent, positions);
  Walk walk(ledger, book, usual(), seed, scale, before);
  const auto difference = walk.run(steps);
  return {difference, walk.granted(), walk.lost(), walk.moved()};
}

TEST(RedisDifferential, DoesWhatBookDoes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Outcome outcome = walk(usual(), seed, 5'000);
    EXPECT_EQ(outcome.difference.value_or(""), "") << "seed " << seed;
    EXPECT_GT(outcome.granted, 500);
    EXPECT_GT(outcome.lost, 100);
    EXPECT_GT(outcome.moved, 20);
  }
}

// Sums that a double does not hold.
TEST(RedisDifferential, CountsLargeAmountsToTheNano) {
  const Outcome outcome = walk(usual(), 5, 5'000, 200'000'000'007, 4'000'000'000'000'000'003);
  EXPECT_EQ(outcome.difference.value_or(""), "");
}

// More than a cell, or a sum, can hold.
TEST(RedisDifferential, AgreesOnOffersPastAllBounds) {
  redis::testing::RedisServer server;
  RedisLedger ledger(options_of(server));
  Book book(LedgerOptions{});
  ASSERT_TRUE(ledger.make({}, {}));
  for (const char* holder : {"a", "b", "c"}) {
    Statement statement = testing::statement_of("shoes", 1, 0, 0);
    statement.offered = std::numeric_limits<Nanos>::max() - 5;
    const std::int64_t now_ms = std::int64_t{testing::kToday} * 86'400'000;
    EXPECT_EQ(testing::settle(ledger, holder, statement), book.settle(holder, statement, now_ms));
  }
  ASSERT_EQ(ledger.offered("shoes").size(), 1U);
  EXPECT_EQ(ledger.offered("shoes").begin()->second, book.offered("shoes").begin()->second);
}

bool told_apart(const LedgerOptions& of_book) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    if (walk(of_book, seed, 5'000).difference) return true;
  }
  return false;
}

TEST(RedisDifferential, ControlTellsOtherRulesApart) {
  LedgerOptions other = usual();
  other.reserve += std::chrono::seconds(5);
  EXPECT_TRUE(told_apart(other));
  other = usual();
  other.lease += std::chrono::seconds(1);
  EXPECT_TRUE(told_apart(other));
  other = usual();
  other.repeats += std::chrono::seconds(300);
  EXPECT_TRUE(told_apart(other));
}

}  // namespace
}  // namespace bidwell::budget
