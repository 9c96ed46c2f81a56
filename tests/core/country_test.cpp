// Countries by either of their codes.
#include "bidwell/core/country.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace bidwell {
namespace {

TEST(CountryCode, IsTheSameForBothCodesInAnyCase) {
  const std::pair<const char*, const char*> countries[] = {
      {"US", "USA"}, {"GB", "GBR"}, {"DE", "DEU"}, {"FR", "FRA"}, {"CN", "CHN"}, {"JP", "JPN"},
      {"BR", "BRA"}, {"IN", "IND"}, {"CH", "CHE"}, {"AT", "AUT"}, {"AU", "AUS"}, {"AD", "AND"},
      {"ZW", "ZWE"}, {"AE", "ARE"}, {"ES", "ESP"}, {"EE", "EST"}, {"IE", "IRL"}, {"IR", "IRN"},
      {"KR", "KOR"}, {"KP", "PRK"}, {"MX", "MEX"}, {"PT", "PRT"}, {"SK", "SVK"}, {"SI", "SVN"},
      {"SE", "SWE"}, {"TR", "TUR"}, {"UA", "UKR"}, {"AX", "ALA"}, {"PY", "PRY"}, {"MF", "MAF"}};
  std::set<CountryCode> codes;
  for (const auto& [two, three] : countries) {
    EXPECT_NE(country_code(two), 0) << two;
    EXPECT_EQ(country_code(two), country_code(three)) << two;
    codes.insert(country_code(two));
  }
  EXPECT_EQ(codes.size(), std::size(countries));
  EXPECT_EQ(country_code("usa"), country_code("US"));
  EXPECT_EQ(country_code("uSa"), country_code("us"));
}

TEST(CountryCode, KnowsAllCountriesOnceByEachCode) {
  std::map<CountryCode, int> twos, threes;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      if (const auto code = country_code(std::string{a, b}); code != 0) ++twos[code];
      for (char c = 'A'; c <= 'Z'; ++c) {
        if (const auto code = country_code(std::string{a, b, c}); code != 0) ++threes[code];
      }
    }
  }
  EXPECT_EQ(twos.size(), 249u);  // ISO 3166-1 as of 2024
  EXPECT_EQ(twos, threes);
  for (const auto& [code, times] : twos) EXPECT_EQ(times, 1) << code;
}

TEST(CountryCode, IsZeroForWhatIsNone) {
  for (const char* text :
       {"", "U", "UK", "USAA", "Germany", "XX", "ZZZ", "U1", "12", "840", "U ", "\xC3\xA4", "@@", "[[["}) {
    EXPECT_EQ(country_code(text), 0) << text;
  }
}

}  // namespace
}  // namespace bidwell
