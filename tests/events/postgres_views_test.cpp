// The views for people, against an example worked out by hand, and that they read only the days they need.
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kHourMs = 3'600'000;

// Views compare with the server's clock, so the bids are of today; `hour` is the beginning of one, two hours ago.
class PostgresViewsTest : public PostgresSinkTest {
 protected:
  void SetUp() override {
    PostgresSinkTest::SetUp();
    PostgresSinkOptions real = options();
    real.clock = {};
    sink_ = std::make_unique<PostgresSink>(real);
    sink_->tend(std::chrono::system_clock::now());
    hour_ =
        std::chrono::duration_cast<std::chrono::hours>(std::chrono::system_clock::now().time_since_epoch()).count() *
            kHourMs -
        2 * kHourMs;
  }

  Event bid_of(std::uint64_t number, const char* campaign, std::uint32_t ppm = kEveryBid) {
    Event event = bid(number, hour_ + static_cast<std::int64_t>(number));
    event.campaign_id = campaign, event.sampled_ppm = ppm;
    return event;
  }
  Event notice_of(Kind kind, std::uint64_t number, const char* campaign, Micros price = kNoPrice) {
    Event event = notice(kind, number, price, hour_ + static_cast<std::int64_t>(number));
    event.campaign_id = campaign;
    return event;
  }

  std::unique_ptr<PostgresSink> sink_;
  std::int64_t hour_ = 0;
};

TEST_F(PostgresViewsTest, Outcomes) {
  Event lost = notice_of(Kind::loss, 3, "c1");
  lost.loss_reason = 102, lost.min_to_win = 3'000'000;
  Event open =
      bid(7, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count());
  sink_->take(batch({bid_of(1, "c1"), bid_of(2, "c1"), bid_of(3, "c1"), bid_of(4, "c1"), bid_of(5, "c1"),
                     bid_of(6, "c1"), open, notice_of(Kind::win, 1, "c1", 2'000'000), notice_of(Kind::bill, 1, "c1"),
                     notice_of(Kind::win, 2, "c1", 1'000'000), lost, notice_of(Kind::loss, 5, "c1"),
                     notice_of(Kind::imp, 6, "c1"), notice_of(Kind::click, 6, "c1")}));
  const std::string outcomes =
      "SELECT right(bid_id, 1), outcome, paid_micros, shown, clicked, loss_reason, min_to_win_micros, late "
      "FROM bidwell.outcomes ORDER BY bid_id";
  EXPECT_EQ(ask(outcomes),
            "1|billed|2000000|f|f|-|-|f\n2|won|1000000|f|f|-|-|f\n3|lost|-|f|f|102|3000000|f\n"
            "4|lost_inferred|-|f|f|-|-|f\n5|lost|-|f|f|-|-|f\n6|won|-|t|t|-|-|f\n7|open|-|f|f|-|-|f");
  // Wins that come later turn the outcome.
  Event late = notice_of(Kind::win, 4, "c1", 5);
  late.late = true;
  sink_->take(batch({late, notice_of(Kind::bill, 5, "c1", 7)}, 14));
  EXPECT_THAT(ask(outcomes), HasSubstr("4|won|5|f|f|-|-|t\n5|billed|7|f|f|-|-|f\n"));
  // What counts as silence is the sinks' setting.
  server().execute("UPDATE bidwell.settings SET value = '2 days'");
  EXPECT_THAT(ask("SELECT count(*) FROM bidwell.outcomes WHERE outcome = 'lost_inferred'"), "0");
}

TEST_F(PostgresViewsTest, HourlyAndSpend) {
  Event euro_bid = bid_of(20, "c2");
  Event euro_bill = notice_of(Kind::bill, 20, "c2", 999);
  euro_bid.currency = euro_bill.currency = currency_code("EUR");
  Event shaded = notice_of(Kind::bill, 4, "c1");  // says no price, and no win does
  Event other_exchange = bid_of(30, "c1");
  other_exchange.exchange = "other";
  sink_->take(batch({
      // c1 at demo: four bids, one a tenth of its kind; 1 billed, 2 billed at the win's price, 3 lost, 4 billed for no
      // price, 5 silent and sampled.
      bid_of(1, "c1"),
      bid_of(2, "c1"),
      bid_of(3, "c1"),
      bid_of(5, "c1", 100'000),
      notice_of(Kind::bill, 1, "c1", 1'234'567),
      notice_of(Kind::win, 1, "c1", 1'234'000),
      notice_of(Kind::win, 2, "c1", 2'000'001),
      notice_of(Kind::bill, 2, "c1"),
      notice_of(Kind::loss, 3, "c1"),
      shaded,
      notice_of(Kind::imp, 1, "c1"),
      notice_of(Kind::imp, 2, "c1"),
      notice_of(Kind::click, 2, "c1"),
      // Others.
      euro_bid,
      euro_bill,
      other_exchange,
      // Not of a recorded bid.
      notice_of(Kind::win, 40, "c3", 5),
  }));
  EXPECT_EQ(ask("SELECT extract(epoch FROM hour)::bigint * 1000, exchange, campaign_id, currency, bids, wins, billed, "
                "losses, losses_inferred, impressions, clicks, win_rate, ctr, spend_micros, spend, unpriced "
                "FROM bidwell.hourly ORDER BY 1, 2, 3, 4"),
            fmt::format("{0}|demo|c1|USD|13|3|3|1|10|2|1|0.230769|0.500000|3234.568|0.003234568|1\n"
                        "{0}|demo|c2|EUR|1|1|1|0|0|0|0|1.000000|-|0.999|0.000000999|0\n"
                        "{0}|demo|c3|USD|0|1|0|0|0|0|0|-|-|0.000|0.000000000|0\n"
                        "{0}|other|c1|USD|1|0|0|0|1|0|0|0.000000|-|0.000|0.000000000|0",
                        hour_));
  EXPECT_EQ(ask("SELECT campaign_id, currency, billed, spend_micros, spend, unpriced, unpriced_max_micros "
                "FROM bidwell.spend WHERE billed > 0 ORDER BY 1"),
            "c1|USD|3|3234.568|0.003234568|1|2500.000\nc2|EUR|1|0.999|0.000000999|0|0.000");
}

TEST_F(PostgresViewsTest, LargeSumsAreExact) {
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 1000; ++i) events.push_back(notice_of(Kind::bill, i, "c1", kMaxMicros));
  events.push_back(notice_of(Kind::bill, 1000, "c1", 1));
  sink_->take(batch(events));
  EXPECT_EQ(ask("SELECT spend_micros FROM bidwell.spend"), "1000000000000000.001");
}

TEST_F(PostgresViewsTest, ReadOnlyTheDaysThatAreAsked) {
  for (std::uint64_t day = 0; day < 20; ++day) {
    sink_->take(batch({bid(day, hour_ - static_cast<std::int64_t>(day) * kDayMs),
                       notice(Kind::bill, day, 5, hour_ - static_cast<std::int64_t>(day) * kDayMs)},
                      day * 2));
  }
  const std::string explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ";
  const auto scans = [&](const std::string& query) {
    int count = 0;
    std::istringstream plan(ask(explain + query));
    for (std::string line; std::getline(plan, line);) {
      const bool scan = line.find(" on bids_") != std::string::npos || line.find(" on notices_") != std::string::npos;
      if (scan && line.find("never executed") == std::string::npos) ++count;
    }
    return count;
  };
  EXPECT_LE(scans("SELECT * FROM bidwell.hourly WHERE hour = date_trunc('hour', now() - interval '2 hours')"), 4);
  EXPECT_LE(scans("SELECT * FROM bidwell.spend WHERE day = current_date - 1"), 2);
  EXPECT_LE(scans("SELECT * FROM bidwell.outcomes WHERE bid_at >= now() - interval '3 hours'"), 8);
  EXPECT_GE(scans("SELECT * FROM bidwell.hourly"), 40) << "the control";
}

}  // namespace
}  // namespace bidwell::events
