// What recorders count, and in which interval.
#include "bidwell/replay/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "replay/bids.h"
#include "replay/gaps.h"

namespace bidwell::replay {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(1000)};

Schedule at_rate(double rate) {
  ScheduleOptions options;
  options.kind = ScheduleOptions::Kind::fixed;
  options.rate = rate;
  return Schedule(options);
}

// A request due at `due`, handed over and sent `late` later, over `took` after that.
Sent sent_at(nanoseconds due, nanoseconds took, nanoseconds late = nanoseconds(0)) {
  Sent out;
  out.due = kStart + due;
  out.given = out.answer.sent = out.due + late;
  out.answer.done = out.answer.sent + took;
  out.answer.status = 204;
  return out;
}

Sent with_body(Sent sent, std::string_view body) {
  sent.answer.status = 200;
  sent.answer.body = body;
  return sent;
}

class MeasurementTest : public ::testing::Test {
 protected:
  void use(const Measurement::Options& options, unsigned threads = 1) {
    measurement_ = std::make_unique<Measurement>(options);
    for (unsigned i = 0; i < threads; ++i) recorders_.push_back(measurement_->recorder(i, kStart, at_rate(100)));
  }
  void tell(const Sent& sent, std::size_t thread = 0) { recorders_[thread]->observed(sent); }
  void tick(nanoseconds at) {
    for (const auto& recorder : recorders_) recorder->tick(kStart + at);
  }

  std::unique_ptr<Measurement> measurement_;
  std::vector<std::unique_ptr<Observer>> recorders_;
};

TEST_F(MeasurementTest, LatencyIsFromWhenItWasDueAndServiceFromWhenItWasSent) {
  use({});
  tell(sent_at(milliseconds(10), milliseconds(2), milliseconds(5)));
  const Tally total = measurement_->total();
  EXPECT_EQ(total.latency.max(), 7'000'000U);
  EXPECT_EQ(total.service.max(), 2'000'000U);
  EXPECT_EQ(total.lateness.max(), 5'000'000U);
  EXPECT_EQ(total.sent, 1U);
  EXPECT_EQ(total.answered, 1U);
}

// A server stalls 200 ms of each second; requests are due every ms and answered at once when it does not.
TEST_F(MeasurementTest, AStallShowsFullyFromIntendedTimes) {
  use({});
  std::vector<std::uint64_t> exact;
  for (int ms = 0; ms < 10'000; ++ms) {
    const int phase = ms % 1000;
    const milliseconds wait{phase < 200 ? 200 - phase : 0};
    tell(sent_at(milliseconds(ms), wait + microseconds(100)));
    exact.push_back(static_cast<std::uint64_t>(nanoseconds(wait + microseconds(100)).count()));
  }
  std::ranges::sort(exact);
  const Tally total = measurement_->total();
  for (const double q : {0.5, 0.8, 0.9, 0.99, 0.999}) {
    const double value = static_cast<double>(exact[static_cast<std::size_t>(std::ceil(q * 10'000 - 1e-6)) - 1]);
    EXPECT_NEAR(static_cast<double>(total.latency.quantile(q)), value, value * 0.001) << q;
  }
}

TEST_F(MeasurementTest, WhatIsGivenUpCountsWithTheTimeItWaited) {
  use({.tmax_ms = 100});
  Sent given_up = sent_at(seconds(0), seconds(10));
  given_up.answer.outcome = Outcome::unanswered;
  given_up.answer.status = 0;
  tell(given_up);
  tell(sent_at(seconds(0), milliseconds(1)));
  const Tally total = measurement_->total();
  EXPECT_EQ(total.latency.max(), 10'000'000'000U);
  EXPECT_EQ(total.service.count(), 1U);
  EXPECT_EQ(total.outcomes[static_cast<std::size_t>(Outcome::unanswered)], 1U);
  EXPECT_EQ(total.outcomes[static_cast<std::size_t>(Outcome::answered)], 1U);
  EXPECT_EQ(total.errors(), 1U);
  EXPECT_EQ(total.late, 1U);
  EXPECT_EQ(total.statuses, (std::map<unsigned, std::uint64_t>{{204, 1}}));
}

TEST_F(MeasurementTest, LateIsPastTheRequestsOwnTmaxOrElseTheDefault) {
  use({.tmax_ms = 100});
  Prepared hasty;
  hasty.tmax_ms = 10;
  const Prepared without{};
  for (const Prepared* const request : {static_cast<const Prepared*>(&hasty), &without}) {
    for (const milliseconds took : {milliseconds(10), milliseconds(50), milliseconds(100), milliseconds(101)}) {
      Sent sent = sent_at(seconds(0), took);
      sent.request = request;
      tell(sent);
    }
  }
  const Tally total = measurement_->total();
  EXPECT_EQ(total.with_tmax, 8U);
  EXPECT_EQ(total.late, 3U + 1U);
}

TEST_F(MeasurementTest, WithoutTmaxNothingIsLate) {
  use({});
  tell(sent_at(seconds(0), seconds(9)));
  const Tally total = measurement_->total();
  EXPECT_EQ(total.with_tmax, 0U);
  EXPECT_EQ(total.late, 0U);
}

TEST_F(MeasurementTest, BidsAndPricesAreRead) {
  use({});
  const Sent sent = sent_at(seconds(0), milliseconds(1));
  tell(with_body(sent, R"({"cur":"EUR","seatbid":[{"bid":[{"price":1.5},{"price":0.25}]}]})"));
  tell(with_body(sent, R"({"seatbid":[{"bid":[{"price":3}]}]})"));
  tell(with_body(sent, R"({"nbr":2})"));
  tell(with_body(sent, "<html>"));
  tell(sent);
  Sent fault = with_body(sent, "Not here");
  fault.answer.status = 404;
  tell(fault);
  const Tally total = measurement_->total();
  EXPECT_EQ(total.bids, 3U);
  EXPECT_EQ(total.with_bids, 2U);
  EXPECT_EQ(total.no_bids, 2U);
  EXPECT_EQ(total.unreadable, 1U);
  EXPECT_EQ(total.errors(), 1U);
  EXPECT_EQ(total.price.count(), 3U);
  EXPECT_EQ(total.price.max(), 3'000'000U);
  EXPECT_EQ(total.price_sums, (std::map<std::string, std::int64_t>{{"EUR", 1'750'000}, {"USD", 3'000'000}}));
}

TEST_F(MeasurementTest, BidsAreNotReadWhereNotAskedFor) {
  use({.read_bids = false});
  tell(with_body(sent_at(seconds(0), milliseconds(1)), "<html>"));
  const Tally total = measurement_->total();
  EXPECT_EQ(total.unreadable + total.no_bids + total.with_bids, 0U);
}

TEST_F(MeasurementTest, AnIntervalIsThatOfTheDueTime) {
  use({});
  tell(sent_at(milliseconds(900), seconds(3)));
  tell(sent_at(milliseconds(1100), milliseconds(10)));
  tick(seconds(5));
  const auto lines = measurement_->intervals();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].sent, 1U);
  EXPECT_EQ(lines[0].max_ns, 3'000'000'000U);
  EXPECT_EQ(lines[0].p99_ns, 3'000'000'000U);
  EXPECT_EQ(lines[1].begin_s, 1);
  EXPECT_EQ(lines[1].max_ns, 10'000'000U);
  EXPECT_EQ(lines[1].asked_rate, 100);
}

TEST_F(MeasurementTest, WhileItRunsOnlyIntervalsThatAreOverForAllAreTold) {
  use({}, 2);
  tell(sent_at(milliseconds(100), milliseconds(1)), 0);
  tell(sent_at(milliseconds(1100), milliseconds(1)), 0);
  tell(sent_at(milliseconds(200), milliseconds(2)), 1);
  EXPECT_TRUE(measurement_->intervals().empty());
  recorders_[0]->tick(kStart + milliseconds(1900));
  EXPECT_TRUE(measurement_->intervals().empty()) << "the other thread has told nothing yet";
  recorders_[1]->tick(kStart + milliseconds(1200));
  ASSERT_EQ(measurement_->intervals().size(), 1U);
  EXPECT_EQ(measurement_->intervals()[0].sent, 2U);
  // A late answer still finds its line.
  tell(sent_at(milliseconds(300), milliseconds(1800)), 0);
  tick(milliseconds(2200));
  ASSERT_EQ(measurement_->intervals().size(), 2U);
  EXPECT_EQ(measurement_->intervals()[0].sent, 3U);
  EXPECT_EQ(measurement_->intervals()[0].p99_ns, 1'800'000'000U);
}

TEST_F(MeasurementTest, AfterTheRunAllIsToldThoughNothingWasHandedOver) {
  use({}, 2);
  tell(sent_at(milliseconds(100), milliseconds(1)), 0);
  tell(sent_at(milliseconds(2500), milliseconds(1)), 1);
  EXPECT_EQ(measurement_->total().sent, 2U);
  const auto lines = measurement_->intervals();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].sent, 0U);
  EXPECT_EQ(lines[2].sent, 1U);
  EXPECT_EQ(lines[0].seconds, 1);
  EXPECT_NEAR(lines[2].seconds, 0.5, 1e-9) << "it ends with the last request";
}

TEST_F(MeasurementTest, TheSumIsTheSameHoweverItIsSplit) {
  std::mt19937_64 random(7);
  std::vector<Sent> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(sent_at(milliseconds(i * 3), microseconds(random() % 5'000'000), microseconds(random() % 300)));
  }
  use({});
  for (const Sent& sent : all) tell(sent);
  const Tally one = measurement_->total();
  const auto lines = measurement_->intervals();
  recorders_.clear();
  use({}, 3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    tell(all[i], i % 3);
    tick(all[i].due - kStart);
  }
  const Tally three = measurement_->total();
  EXPECT_EQ(one.latency.buckets(), three.latency.buckets());
  EXPECT_EQ(one.service.buckets(), three.service.buckets());
  EXPECT_EQ(one.sent, three.sent);
  const auto split = measurement_->intervals();
  ASSERT_EQ(split.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(split[i].sent, lines[i].sent);
    EXPECT_EQ(split[i].max_ns, lines[i].max_ns);
    // One thread hands over all at the end, and keeps what it has of 64 intervals; so each has its percentiles.
    EXPECT_EQ(split[i].p99_ns, lines[i].p99_ns) << i;
  }
}

// More intervals than keep their histograms: counts and the maximum still grow.
TEST_F(MeasurementTest, AnAnswerAfterManyIntervalsStillCounts) {
  use({.interval = milliseconds(10)});
  for (int i = 0; i < 200; ++i) {
    tell(sent_at(milliseconds(10 * i), milliseconds(1)));
    tick(milliseconds(10 * i));
  }
  tick(seconds(3));
  tell(sent_at(milliseconds(5), seconds(4)));
  measurement_->total();
  const auto lines = measurement_->intervals();
  ASSERT_EQ(lines.size(), 200U);
  EXPECT_EQ(lines[0].sent, 2U);
  EXPECT_EQ(lines[0].max_ns, 4'000'000'000U);
  EXPECT_NEAR(static_cast<double>(lines[0].p99_ns), 1e6, 1e3);
}

TEST_F(MeasurementTest, WarmUpIsOnlyInTheIntervals) {
  use({.warm_up = seconds(1)});
  tell(sent_at(milliseconds(999), milliseconds(5)));
  tell(sent_at(milliseconds(1000), milliseconds(1)));
  EXPECT_EQ(measurement_->total().sent, 1U);
  EXPECT_EQ(measurement_->total().latency.max(), 1'000'000U);
  EXPECT_EQ(measurement_->intervals().size(), 2U);
}

TEST_F(MeasurementTest, OthersSeeEachRequestToo) {
  Measurement measurement({});
  int seen = 0;
  const auto recorder = measurement.recorder(0, kStart, at_rate(1), [&](const Sent&) { ++seen; });
  recorder->observed(sent_at(seconds(0), seconds(1)));
  EXPECT_EQ(seen, 1);
}

// For ThreadSanitizer: threads record, another one reads.
TEST_F(MeasurementTest, ItMayBeReadWhileThreadsRecord) {
  use({.interval = milliseconds(10)}, 3);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 4000; ++i) {
        tell(sent_at(milliseconds(i), microseconds(50 * i % 3001)), thread);
        recorders_[thread]->tick(kStart + milliseconds(i));
      }
    });
  }
  for (int i = 0; i < 50; ++i) measurement_->intervals();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(measurement_->total().sent, 12'000U);
  std::uint64_t sum = 0;
  for (const Interval& line : measurement_->intervals()) sum += line.sent;
  EXPECT_EQ(sum, 12'000U);
}

TEST(BidReaderTest, FormsOfNoBid) {
  BidReader reader;
  EXPECT_EQ(reader.read(204, ""), Bidding::none);
  for (const char* const body : {"{}", R"({"id":"1","seatbid":[]})", R"( {"seatbid":[{"bid":[]}],"nbr":3} )",
                                 R"({"id":"1","nbr":2})", R"({"seatbid":null})"}) {
    EXPECT_EQ(reader.read(200, body), Bidding::none) << body;
  }
}

TEST(BidReaderTest, WhatIsNoBidResponse) {
  BidReader reader;
  for (const char* const body :
       {"", "null", "[]", "5", "{", R"({"seatbid":[{"bid":[{"price":1}]}])", R"([{"seatbid":[{"bid":[{"price":1}]}]}])",
        R"({"seatbid":[{"bid":[{"id":"1"}]}]})", R"({"seatbid":[{"bid":[{"price":"1"}]}]})",
        R"({"seatbid":[{"bid":[{"price":-1}]}]})", R"({"seatbid":[{"bid":[{"price":null}]}]})", "{}{}"}) {
    EXPECT_EQ(reader.read(200, body), Bidding::unreadable) << body;
  }
}

TEST(BidReaderTest, PricesAreReadExactly) {
  BidReader reader;
  ASSERT_EQ(reader.read(200, R"({"seatbid":[{"bid":[{"price":0.1},{"price":1.0E-5}]},{"bid":[{"price":1.028428}]}]})"),
            Bidding::bids);
  ASSERT_EQ(reader.bids(), 3U);
  EXPECT_EQ(reader.prices()[0], 100'000U);
  EXPECT_EQ(reader.prices()[1], 10U);
  EXPECT_EQ(reader.prices()[2], 1'028'428U);
  EXPECT_EQ(reader.sum(), 1'128'438);
  EXPECT_EQ(reader.currency(), "USD");
}

TEST(BidReaderTest, OnlyABidsOwnPriceCounts) {
  BidReader reader;
  ASSERT_EQ(reader.read(200, R"({"price":9,"ext":{"seatbid":[{"bid":[{"price":9}]}]},"seatbid":[{"price":9,)"
                             R"("bid":[{"ext":{"price":9},"price":2,"adm":"\"price\":9"}]}]})"),
            Bidding::bids);
  EXPECT_EQ(reader.bids(), 1U);
  EXPECT_EQ(reader.sum(), 2'000'000);
}

TEST(BidReaderTest, ACurrencyMayComeLastAndMayBeNone) {
  BidReader reader;
  const auto currency = [&](const std::string& cur) {
    EXPECT_EQ(reader.read(200, R"({"seatbid":[{"bid":[{"price":1}]}],"cur":)" + cur + "}"), Bidding::bids);
    return std::string(reader.currency());
  };
  EXPECT_EQ(currency("\"JPY\""), "JPY");
  EXPECT_EQ(currency("null"), "USD");
  EXPECT_EQ(currency("\"usd\""), "other");
  EXPECT_EQ(currency("7"), "other");
  EXPECT_EQ(currency("\"<script>\""), "other");
}

TEST(BidReaderTest, ManyBidsAreCountedAndAHugePriceIsHeldBack) {
  std::string body = R"({"seatbid":[{"bid":[{"price":1e300})";
  for (int i = 0; i < 999; ++i) body += R"(,{"price":1})";
  BidReader reader;
  ASSERT_EQ(reader.read(200, body + "]}]}"), Bidding::bids);
  EXPECT_EQ(reader.bids(), 1000U);
  EXPECT_EQ(reader.prices()[0], Hdr::kMax);
  EXPECT_EQ(reader.sum(), static_cast<std::int64_t>(Hdr::kMax) + 999'000'000);
}

TEST(GapMeterTest, AnErrorIsTheDifferenceOfGaps) {
  Hdr errors;
  GapMeter meter(errors);
  meter.add(milliseconds(0), milliseconds(1));
  meter.add(milliseconds(10), milliseconds(14));
  meter.add(milliseconds(20), milliseconds(20));
  meter.flush();
  ASSERT_EQ(errors.count(), 2U);
  EXPECT_EQ(errors.min(), 3'000'000U);
  EXPECT_EQ(errors.max(), 4'000'000U);
}

TEST(GapMeterTest, TheOrderOfAnswersDoesNotMatter) {
  std::mt19937_64 random(3);
  std::vector<std::pair<nanoseconds, nanoseconds>> sent;
  for (int i = 0; i < 5000; ++i) sent.emplace_back(microseconds(50 * i), microseconds(50 * i + random() % 40));
  const auto measure = [](const auto& order) {
    Hdr errors;
    GapMeter meter(errors);
    for (const auto& [due, given] : order) meter.add(due, given);
    meter.flush();
    return errors.buckets();
  };
  auto answered = sent;
  for (std::size_t i = 0; i + 200 <= answered.size(); i += 200) {
    std::shuffle(answered.begin() + static_cast<long>(i), answered.begin() + static_cast<long>(i) + 200, random);
  }
  EXPECT_EQ(measure(answered), measure(sent));
}

TEST(GapMeterTest, WhatComesFarTooLateIsLeftOut) {
  Hdr errors;
  GapMeter meter(errors);
  for (int i = 1; i <= 1000; ++i) meter.add(milliseconds(i), milliseconds(i));
  meter.add(milliseconds(0), milliseconds(0));
  meter.flush();
  EXPECT_EQ(errors.count(), 999U);
  EXPECT_EQ(errors.max(), 0U);
}

}  // namespace
}  // namespace bidwell::replay
