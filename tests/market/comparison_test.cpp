// Books that are equal are found equal, and each kind of planted difference is found.
#include "market/comparison.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

namespace bidwell::market {
namespace {

struct BidRow {
  std::string bid_id, auction_id, imp_id = "1", campaign_id = "c", currency = "USD";
  Micros price = 2'000'000;
  std::uint32_t sample_ppm = 1'000'000;
};
struct NoticeRow {
  std::string bid_id, kind, campaign_id = "c", currency = "USD";
  std::optional<Micros> price;
};

class ComparisonTest : public ::testing::Test {
 protected:
  ComparisonTest() {
    // Bid 0 won everything, bid 1 lost, bid 2 has notices that nobody knows of, bid 3 is a test's, bid 4 was late and
    // had a notice refused and one withheld. Auction 9's answer never came.
    for (unsigned i = 0; i < 5; ++i) {
      own_.add("bid" + std::to_string(i), i, "1", 2'000'000, i == 2 ? "EUR" : "USD", "c", i == 3);
      if (i != 3) bids_.push_back({"bid" + std::to_string(i), "run-" + std::to_string(i)});
    }
    bids_[2].currency = "EUR";
    for (const Kind kind : {Kind::win, Kind::bill, Kind::imp, Kind::click}) tell(0, kind, Told::acknowledged);
    tell(1, Kind::loss, Told::acknowledged);
    tell(2, Kind::win, Told::unknown);
    tell(2, Kind::bill, Told::unknown);
    tell(3, Kind::win, Told::acknowledged);
    tell(4, Kind::loss, Told::refused);
    own_.at(4).of(Kind::win).withheld = true;
    own_.unknown_auction(9);
    notices_ = {{"bid0", "win", "c", "USD", 1'500'000},
                {"bid0", "bill", "c", "USD", 1'500'000},
                {"bid0", "imp", "c", "USD", {}},
                {"bid0", "click", "c", "USD", {}},
                {"bid1", "loss", "c", "USD", 1'500'000}};
  }
  void tell(std::uint32_t bid, Kind kind, Told told) {
    NoticeEntry& entry = own_.at(bid).of(kind);
    entry.told = told;
    entry.sends = 1;
    if (kind != Kind::imp && kind != Kind::click) entry.price = 1'500'000;
  }
  Compared compare(bool repeats_stored = false) const {
    Comparison comparison(own_, repeats_stored);
    for (const BidRow& row : bids_) {
      comparison.bid(
          {row.bid_id, row.auction_id, row.imp_id, row.campaign_id, row.currency, row.price, row.sample_ppm});
    }
    for (const NoticeRow& row : notices_) {
      comparison.notice({row.bid_id, row.kind, row.campaign_id, row.currency, row.price});
    }
    return comparison.finish();
  }
  // How many differences there are after a change, the first one's name last.
  std::uint64_t differing(const char* what) const {
    const Compared compared = compare();
    EXPECT_THAT(compared.differences,
                ::testing::Contains(::testing::Field(&Difference::what, ::testing::HasSubstr(what))));
    return compared.differing;
  }

  OwnBook own_{"run-"};
  std::vector<BidRow> bids_;
  std::vector<NoticeRow> notices_;
};

TEST_F(ComparisonTest, EqualBooks) {
  const Compared compared = compare();
  EXPECT_EQ(compared.differing, 0u) << (compared.differences.empty() ? "" : compared.differences[0].what);
  EXPECT_EQ(compared.ours.bids, 4u);
  EXPECT_EQ(compared.theirs.bids, 4u);
  EXPECT_EQ(compared.ours.bid_micros, (std::map<std::string, std::int64_t>{{"USD", 6'000'000}, {"EUR", 2'000'000}}));
  EXPECT_EQ(compared.ours.billed_micros, compared.theirs.billed_micros);
  EXPECT_EQ(compared.theirs.wins, 1u);
  EXPECT_EQ(compared.theirs.clicks, 1u);
}

TEST_F(ComparisonTest, RowsOfOtherRunsAreNobodysBusiness) {
  bids_.push_back({"other", "else-1"});
  notices_.push_back({"other", "win", "c", "USD", 1});
  EXPECT_EQ(compare().differing, 0u);
}

TEST_F(ComparisonTest, UnknownNoticesMayBeThere) {
  notices_.push_back({"bid2", "bill", "c", "EUR", 1'500'000});
  const Compared compared = compare();
  EXPECT_EQ(compared.differing, 0u);
  EXPECT_EQ(compared.unknown_notices_found, 1u);
  EXPECT_EQ(compared.ours.bills, 2u);
  EXPECT_EQ(compared.ours.billed_micros.at("EUR"), 1'500'000);
  notices_.back().price = 1'500'001;
  EXPECT_GE(differing("bill of bid bid2: price_micros"), 1u);
}

TEST_F(ComparisonTest, BidsOfAnAnswerThatNeverCameMayBeThere) {
  bids_.push_back({"unseen", "run-9"});
  const Compared compared = compare();
  EXPECT_EQ(compared.differing, 0u);
  EXPECT_EQ(compared.unknown_bids_found, 1u);
  notices_.push_back({"unseen", "win", "c", "USD", 1});
  EXPECT_EQ(differing("win of bid unseen"), 1u);
  notices_.pop_back();
  bids_.push_back({"unseen", "run-9"});
  EXPECT_EQ(differing("bid unseen"), 1u);
}

TEST_F(ComparisonTest, MissingBid) {
  bids_.erase(bids_.begin());
  EXPECT_EQ(differing("bid bid0"), 2u);  // and the sum
  EXPECT_EQ(compare().missing, 1u);
}

TEST_F(ComparisonTest, BidTwice) {
  bids_.push_back(bids_[0]);
  EXPECT_EQ(differing("bid bid0"), 2u);
}

TEST_F(ComparisonTest, BidsPriceOffByAMicro) {
  bids_[1].price += 1;
  EXPECT_EQ(differing("bid bid1: price_micros"), 2u);
}

TEST_F(ComparisonTest, BidsOtherFields) {
  bids_[0].currency = "EUR";
  EXPECT_EQ(differing("bid bid0: currency"), 3u);  // and two sums
  bids_[0].currency = "USD", bids_[0].campaign_id = "d";
  EXPECT_EQ(differing("bid bid0: campaign"), 1u);
  bids_[0].campaign_id = "c", bids_[0].imp_id = "2";
  EXPECT_EQ(differing("bid bid0: imp"), 1u);
  bids_[0].imp_id = "1", bids_[0].auction_id = "run-1";
  EXPECT_EQ(differing("bid bid0: auction"), 1u);
}

TEST_F(ComparisonTest, ForeignBidInOurAuctions) {
  bids_.push_back({"planted", "run-2"});
  EXPECT_GE(differing("bid planted"), 1u);
}

TEST_F(ComparisonTest, BidOfATest) {
  bids_.push_back({"bid3", "run-3"});
  EXPECT_GE(differing("bid bid3 on a test request"), 1u);
}

TEST_F(ComparisonTest, NoticeOfATest) {
  notices_.push_back({"bid3", "win", "c", "USD", 1'500'000});
  EXPECT_EQ(differing("win of bid bid3"), 1u);
}

TEST_F(ComparisonTest, MissingNotice) {
  notices_.erase(notices_.begin() + 1);
  EXPECT_EQ(differing("bill of bid bid0"), 2u);  // and the sum
  EXPECT_EQ(compare().missing, 1u);
}

TEST_F(ComparisonTest, NoticeTwice) {
  notices_.push_back(notices_[0]);
  EXPECT_EQ(differing("win of bid bid0"), 1u);
  // In files it may stand as often as it was sent.
  EXPECT_EQ(compare(true).differing, 1u);
  own_.at(0).of(Kind::win).sends = 2;
  EXPECT_EQ(compare(true).differing, 0u);
  EXPECT_EQ(compare().differing, 1u);
}

TEST_F(ComparisonTest, NoticesPriceOffByAMicro) {
  *notices_[1].price -= 1;
  EXPECT_EQ(differing("bill of bid bid0: price_micros"), 2u);
  notices_[1].price.reset();
  EXPECT_EQ(differing("bill of bid bid0: price_micros"), 2u);
  *notices_[0].price += 1;
  EXPECT_EQ(differing("win of bid bid0: price_micros"), 3u);
}

TEST_F(ComparisonTest, NoticeThatWasNeverSent) {
  notices_.push_back({"bid1", "bill", "c", "USD", 1});
  EXPECT_GE(differing("bill of bid bid1"), 1u);
  notices_.back() = {"bid4", "win", "c", "USD", 1};
  EXPECT_EQ(differing("win of bid bid4"), 1u);
  notices_.back() = {"bid4", "loss", "c", "USD", 1};
  EXPECT_EQ(differing("loss of bid bid4"), 1u);
  notices_.back() = {"bid4", "other", "c", "USD", 1};
  EXPECT_EQ(differing("other of bid bid4"), 1u);
}

TEST_F(ComparisonTest, SampledBidsMayBeMissingButNotWrong) {
  bids_[0].sample_ppm = 100'000;
  bids_.erase(bids_.begin() + 1);
  Compared compared = compare();
  EXPECT_TRUE(compared.bids_sampled);
  EXPECT_EQ(compared.differing, 0u);
  bids_[0].price += 1;
  EXPECT_EQ(differing("bid bid0: price_micros"), 1u);
}

TEST_F(ComparisonTest, DifferencesAreBounded) {
  for (int i = 0; i < 1000; ++i) bids_.push_back({"planted" + std::to_string(i), "run-1"});
  const Compared compared = compare();
  EXPECT_EQ(compared.differences.size(), Comparison::kDifferencesMax);
  EXPECT_GE(compared.differing, 1000u);
}

}  // namespace
}  // namespace bidwell::market
