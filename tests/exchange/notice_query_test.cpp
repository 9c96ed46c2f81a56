// What is read from a notice's query or form.
#include "exchange/notice_query.h"

#include <gtest/gtest.h>

#include <string>

namespace bidwell::exchange::testing {
namespace {

NoticeQuery read(std::string_view form) {
  NoticeQuery query;
  query.add(form);
  return query;
}

TEST(NoticeQuery, FindsItsParameters) {
  const NoticeQuery query = read("p=1.25&c=EUR&m=2&l=102&r=0");
  EXPECT_EQ(query.price.text(), "1.25");
  EXPECT_EQ(query.currency.text(), "EUR");
  EXPECT_EQ(query.min_to_win.text(), "2");
  EXPECT_EQ(query.loss.text(), "102");
  EXPECT_EQ(query.redirect.text(), "0");
  EXPECT_EQ(query.price.state(), MacroState::value);
  EXPECT_FALSE(query.audit());
}

TEST(NoticeQuery, PassesOverWhatItDoesNotKnow) {
  for (const char* form : {"", "&", "&&&", "=", "p", "x=1", "price=1", "pp=1", "=p=1", "&=&p", "P=1", "p;c", " p=1"}) {
    const NoticeQuery query = read(form);
    EXPECT_FALSE(query.price.given()) << form;
    EXPECT_EQ(query.price.state(), MacroState::empty) << form;
  }
  EXPECT_EQ(read("x=p=3&&p=1&p").price.text(), "1");
}

TEST(NoticeQuery, TheFirstCounts) {
  NoticeQuery query = read("p=1&p=2&c=");
  query.add("p=3&c=USD&m=4");
  EXPECT_EQ(query.price.text(), "1");
  EXPECT_EQ(query.currency.state(), MacroState::empty);
  EXPECT_EQ(query.min_to_win.text(), "4");
}

TEST(NoticeQuery, PercentIsDecoded) {
  EXPECT_EQ(read("p=%31%2e%32%35").price.text(), "1.25");
  EXPECT_EQ(read("p=MS4yNQ%3D%3d").price.text(), "MS4yNQ==");
  EXPECT_EQ(read("p=a+b").price.text(), "a+b");
  EXPECT_EQ(read("p=1%26c").price.text(), "1&c");
  for (const char* odd : {"%", "%4", "%zz", "%4g", "1%", "%%", "%25"}) {
    EXPECT_EQ(read("p=" + std::string(odd)).price.text(), odd == std::string_view("%25") ? "%" : odd);
  }
}

TEST(NoticeQuery, StatesOfMacros) {
  EXPECT_EQ(read("p=").price.state(), MacroState::empty);
  EXPECT_EQ(read("p=${AUCTION_PRICE}").price.state(), MacroState::unexpanded);
  EXPECT_EQ(read("p=%24%7BAUCTION_PRICE%7D").price.state(), MacroState::unexpanded);
  EXPECT_EQ(read("p=$%7bAUCTION_PRICE:B64%7d&c=USD").price.state(), MacroState::unexpanded);
  EXPECT_EQ(read("p=AUDIT").price.state(), MacroState::audit);
  for (const char* audit : {"p=AUDIT", "c=AUDIT", "m=1&m=2&l=AUDIT", "p=QVVESVQ%3D", "m=AUDIT"}) {
    EXPECT_TRUE(read(audit).audit()) << audit;
  }
  EXPECT_FALSE(read("r=AUDIT&x=AUDIT&p=audit").audit());
}

TEST(NoticeQuery, ALongValueIsNone) {
  const std::string most(NoticeParameter::kBytesMax, '1');
  EXPECT_EQ(read("p=" + most).price.text(), most);
  const NoticeParameter price = read("p=" + most + "1").price;
  EXPECT_TRUE(price.given());
  EXPECT_EQ(price.state(), MacroState::value);
  EXPECT_EQ(price.text(), "");
  std::string encoded = "p=";
  for (std::size_t i = 0; i < NoticeParameter::kBytesMax; ++i) encoded += "%31";
  EXPECT_EQ(read(encoded).price.text(), most);
}

TEST(NoticeQuery, FormsBeginWithAName) {
  for (const char* form : {"p=1", "Price=2", "x"}) EXPECT_TRUE(looks_like_form(form)) << form;
  for (const char* other : {"", R"({"url": "/win/x?p=1&c=USD&"})", "<p=1>", "[", "\n", "&p=1", "1"}) {
    EXPECT_FALSE(looks_like_form(other)) << other;
  }
}

}  // namespace
}  // namespace bidwell::exchange::testing
