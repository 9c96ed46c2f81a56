// What a notice says in its parameters, and how much of it is believed of whom.
#include <gtest/gtest.h>

#include "tests/exchange/notice_test.h"

namespace bidwell::exchange::testing {
namespace {

using events::Kind;
using Result = NoticeResult;

TEST_F(NoticeTest, Prices) {
  for (const Kind kind : {Kind::win, Kind::bill}) {
    EXPECT_EQ(expect_recorded(kind, "p=1.25").price, 1'250'000);
    EXPECT_EQ(expect_recorded(kind, "p=2.5&c=usd").price, 2'500'000);
    EXPECT_EQ(expect_recorded(kind, "p=0").price, 0);
    EXPECT_EQ(expect_recorded(kind, "p=").price, events::kNoPrice);
    EXPECT_EQ(expect_recorded(kind, "p=$%7BAUCTION_PRICE%7D&c=${AUCTION_CURRENCY}").price, events::kNoPrice);
    expect_refused(kind, "p=2.500001", Result::price_too_high);
    expect_refused(kind, "p=99999999999999999999999", Result::price_too_high);
    expect_refused(kind, "p=-1", Result::malformed_price);
    expect_refused(kind, "p=abc", Result::malformed_price);
    expect_refused(kind, "p=" + std::string(65, '0'), Result::malformed_price);
    expect_refused(kind, "p=1.25&c=EUR", Result::wrong_currency);
    expect_refused(kind, "p=1.25&c=dollars", Result::wrong_currency);
  }
  EXPECT_EQ(desk_->counters().no_price.value(), 4u);
}

TEST_F(NoticeTest, LossesTellOfOthersPrices) {
  const events::Event loss = expect_recorded(Kind::loss, "l=102&p=7.5&m=7.51&c=USD");
  EXPECT_EQ(loss.price, 7'500'000);
  EXPECT_EQ(loss.min_to_win, 7'510'000);
  EXPECT_EQ(loss.loss_reason, 102);
  EXPECT_EQ(expect_recorded(Kind::win, "p=1&m=9").min_to_win, 9'000'000);
  EXPECT_EQ(expect_recorded(Kind::bill, "p=1&m=9&l=3").min_to_win, events::kNoPrice);
  EXPECT_EQ(expect_recorded(Kind::win, "p=1&l=3").loss_reason, -1);
  expect_refused(Kind::loss, "p=x", Result::malformed_price);
  expect_refused(Kind::loss, "p=1&c=EUR", Result::wrong_currency);
  EXPECT_EQ(desk_->counters().unread.value(), 0u);
  // What merely informs is not worth losing the notice.
  EXPECT_EQ(expect_recorded(Kind::loss, "l=abc&m=-1").loss_reason, -1);
  EXPECT_EQ(expect_recorded(Kind::loss, "l=-5").loss_reason, -1);
  EXPECT_EQ(expect_recorded(Kind::loss, "l=99999999999").loss_reason, -1);
  EXPECT_EQ(desk_->counters().unread.value(), 4u);
}

TEST_F(NoticeTest, ABrowserSaysNoPrice) {
  for (const Kind kind : {Kind::imp, Kind::click}) {
    for (const char* query : {"p=1", "p=1000", "p=x", "c=EUR", "p=AUDIT", "m=1&l=2"}) {
      const events::Event event = expect_recorded(kind, query, query);
      EXPECT_EQ(event.price, events::kNoPrice);
      EXPECT_EQ(event.min_to_win, events::kNoPrice);
      EXPECT_EQ(event.loss_reason, -1);
    }
  }
}

TEST_F(NoticeTest, PricesInBase64) {
  token_.exchange = "base64";
  EXPECT_EQ(expect_recorded(Kind::win, "p=MS4yNQ%3D%3D&m=Mi41").price, 1'250'000);
  EXPECT_EQ(expect_recorded(Kind::win, "p=MS4yNQ==&m=Mi41").min_to_win, 2'500'000);
  EXPECT_EQ(expect_recorded(Kind::win, "p=MS4yNQ&m=2.5").min_to_win, 2'500'000);
  EXPECT_EQ(expect_recorded(Kind::win, "p=%24%7BAUCTION_PRICE%3AB64%7D").price, events::kNoPrice);
  expect_refused(Kind::win, "p=1.25", Result::malformed_price);
}

TEST_F(NoticeTest, PricesAsGoogleHasThem) {
  token_.exchange = "google";
  EXPECT_EQ(expect_recorded(Kind::win, "p=YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA&m=0.002").price, 1900);
  EXPECT_EQ(expect_recorded(Kind::win, "p=YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA&m=0.002").min_to_win, 2000);
  expect_refused(Kind::win, "p=1.25", Result::malformed_price);
  expect_refused(Kind::win, "p=YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgB", Result::malformed_price);
  expect_refused(Kind::win, "p=YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOhA", Result::malformed_price);
  token_.price_max = 1899;
  expect_refused(Kind::bill, "p=YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA", Result::price_too_high);
}

TEST_F(NoticeTest, InAnotherCurrency) {
  token_.currency = currency_code("EUR");
  EXPECT_EQ(expect_recorded(Kind::win, "p=1&c=EUR").currency, currency_code("EUR"));
  expect_refused(Kind::win, "p=1&c=USD", Result::wrong_currency);
}

TEST_F(NoticeTest, TestRenderingsAreNotRecorded) {
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) {
    const Reply reply = send_good(kind, "p=AUDIT&c=AUDIT&m=AUDIT&l=AUDIT");
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(take_counted(kind), (std::map<Result, std::uint64_t>{{Result::audit, 1}}));
    EXPECT_EQ(take_recorded().size(), 0u);
  }
}

TEST_F(NoticeTest, ParametersInAForm) {
  EXPECT_EQ(expect_recorded(Kind::win, "", "p=1.25&c=USD&m=2").min_to_win, 2'000'000);
  EXPECT_EQ(expect_recorded(Kind::win, "p=1", "p=2&m=2").price, 1'000'000);
  EXPECT_EQ(expect_recorded(Kind::win, "p=1", R"({"u":"/win/x?p=9&c=EUR&"})").price, 1'000'000);
  EXPECT_EQ(expect_recorded(Kind::win, "", R"({"u":"/win/x?p=9&c=EUR&"})").price, events::kNoPrice);
  EXPECT_EQ(take_counted(Kind::win).size(), 0u);
}

TEST(ExchangeQueries, AskForWhatIsRead) {
  const CurrencyTable currencies;
  const std::deque<Exchange> exchanges = exchanges_of_each_form(currencies);
  EXPECT_EQ(exchanges[0].win_query(), "?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&m=${AUCTION_MIN_TO_WIN}");
  EXPECT_EQ(exchanges[0].bill_query(), "?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}");
  EXPECT_EQ(exchanges[0].loss_query(),
            "?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&m=${AUCTION_MIN_TO_WIN}&l=${AUCTION_LOSS}");
  EXPECT_EQ(exchanges[1].win_query(), "?p=${AUCTION_PRICE:B64}&c=${AUCTION_CURRENCY}&m=${AUCTION_MIN_TO_WIN:B64}");
  EXPECT_EQ(exchanges[2].win_query(), exchanges[0].win_query());
}

}  // namespace
}  // namespace bidwell::exchange::testing
