// Where the index posts a campaign: which lists lead to it, in what order.
#include "bidwell/catalog/index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using testing::campaign;

constexpr Format kBanner{1, 300, 250};

std::uint64_t country(std::string_view text) {
  return token(Dimension::country, text);
}

// The ids of a list's campaigns, in its order.
std::vector<std::string> ids(const Snapshot& snapshot, std::span<const Entry> entries) {
  std::vector<std::string> list;
  for (const Entry& entry : entries) list.push_back(snapshot.line(entry.line).campaign->source->id);
  return list;
}
using Ids = std::vector<std::string>;

Ids plain(const Snapshot& snapshot, std::uint64_t country = 0, Format format = kBanner) {
  const Index::Node* node = snapshot.index().node(format, country);
  return node == nullptr ? Ids{} : ids(snapshot, snapshot.index().plain(*node));
}
Ids under(const Snapshot& snapshot, Dimension dimension, std::string_view value, std::uint64_t country = 0) {
  const Index::Node* node = snapshot.index().node(kBanner, country);
  const std::uint64_t number = token(dimension, value);
  const Index::Value* posted = snapshot.index().value(number);
  if (node == nullptr || posted == nullptr) return {};
  return ids(snapshot, snapshot.index().under(*node, *posted, number));
}

std::shared_ptr<const Snapshot> with_targeting(const char* targeting) {
  return testing::compile({campaign("c", std::string(R"({"targeting": )") + targeting + "}")});
}

TEST(Index, PostsWhoAsksForNothingUnderItsFormat) {
  const auto snapshot = testing::compile({campaign("c")});
  EXPECT_EQ(plain(*snapshot), Ids{"c"});
  EXPECT_EQ(plain(*snapshot, 0, {1, 250, 300}), Ids{});
  EXPECT_EQ(plain(*snapshot, 0, {2, 0, 0}), Ids{});
  EXPECT_EQ(plain(*snapshot, country("US")), Ids{}) << "any country is a node of its own";
  EXPECT_EQ(snapshot->index().postings(), 1u);
}

TEST(Index, PostsUnderEachFormatOnce) {
  Json json = campaign("c");
  json["creatives"] = {testing::creative("banner", R"({"id": "1"})"),
                       testing::creative("banner", R"({"id": "2"})"),
                       testing::creative("banner", R"({"id": "3", "w": 320, "h": 50})"),
                       testing::creative("video", R"({"id": "4"})"),
                       testing::creative("audio", R"({"id": "5"})"),
                       testing::creative("native", R"({"id": "6"})")};
  const auto snapshot = testing::compile({json});
  EXPECT_EQ(snapshot->index().postings(), 5u);
  for (const Format format : {kBanner, Format{1, 320, 50}, Format{2, 0, 0}, Format{3, 0, 0}, Format{4, 0, 0}}) {
    EXPECT_EQ(plain(*snapshot, 0, format), Ids{"c"}) << int{format.media};
  }
}

TEST(Index, PostsUnderEachCountry) {
  const auto snapshot = with_targeting(R"({"country": ["US", "DEU"]})");
  EXPECT_EQ(plain(*snapshot, country("USA")), Ids{"c"});
  EXPECT_EQ(plain(*snapshot, country("DE")), Ids{"c"});
  EXPECT_EQ(plain(*snapshot, country("FR")), Ids{});
  EXPECT_EQ(plain(*snapshot), Ids{});
  EXPECT_EQ(snapshot->index().postings(), 2u);
}

TEST(Index, TakesTheSameCountryTwiceForOne) {
  EXPECT_EQ(with_targeting(R"({"country": ["US", "USA", "us"]})")->index().postings(), 1u);
}

TEST(Index, ExcludedValuesDoNotPlace) {
  const auto snapshot = with_targeting(R"({"country": {"exclude": ["US"]}, "bundle": {"exclude": ["com.a"]}})");
  EXPECT_EQ(plain(*snapshot), Ids{"c"});
}

TEST(Index, ChoosesTheRarestDimension) {
  struct Choice {
    const char* targeting;
    Dimension dimension;
    const char* value;
  };
  const Choice choices[] = {
      {R"({"bundle": ["com.a"], "make": ["Apple"]})", Dimension::bundle, "com.a"},
      {R"({"postal_code": ["80331"], "bundle": ["com.a"]})", Dimension::postal_code, "80331"},
      {R"({"region": ["BY"], "city": ["Munich"]})", Dimension::city, "Munich"},
      {R"({"segment": ["s"], "language": ["en"]})", Dimension::segment, "s"},
      {R"({"segment": {"all": ["s"]}, "make": ["Apple"]})", Dimension::segment, "s"},
      // Twenty values are not as rare as one.
      {R"({"bundle": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q","r","s","t"],
           "segment": ["s"]})",
       Dimension::segment, "s"},
      // "*" is not rare at all.
      {R"({"postal_code": ["*"], "segment": ["s"]})", Dimension::segment, "s"},
      // Deals are always kept apart: their floors are not the impression's.
      {R"({"deal": ["*"], "postal_code": ["80331"]})", Dimension::deal, "*"},
      {R"({"deal": ["d1", "d2"], "postal_code": ["80331"]})", Dimension::deal, "d2"},
  };
  for (const Choice& choice : choices) {
    const auto snapshot = with_targeting(choice.targeting);
    EXPECT_EQ(plain(*snapshot), Ids{}) << choice.targeting;
    EXPECT_EQ(under(*snapshot, choice.dimension, choice.value), Ids{"c"}) << choice.targeting;
    EXPECT_TRUE(Index::is_selective(choice.dimension));
  }
}

TEST(Index, LeavesCommonValuesInThePlainList) {
  for (const char* targeting : {R"({"language": ["en", "de"]})", R"({"exchange": ["a"]})", R"({"make": ["Apple"]})",
                                R"({"content_category": ["IAB1"]})", R"({"country": ["*"]})", R"({"city": ["*"]})"}) {
    const auto snapshot = with_targeting(targeting);
    EXPECT_EQ(plain(*snapshot), Ids{"c"}) << targeting;
    EXPECT_EQ(snapshot->index().postings(), 1u) << targeting;
  }
  for (const Dimension dimension : {Dimension::language, Dimension::country, Dimension::exchange}) {
    EXPECT_FALSE(Index::is_selective(dimension)) << key(dimension);
  }
}

TEST(Index, KnowsOnlyTheValuesThatSomebodyIsPostedUnder) {
  const auto snapshot = with_targeting(R"({"bundle": ["com.a"], "segment": ["s"]})");
  EXPECT_NE(snapshot->index().value(token(Dimension::bundle, "com.a")), nullptr);
  EXPECT_EQ(snapshot->index().value(token(Dimension::bundle, "com.b")), nullptr);
  EXPECT_EQ(snapshot->index().value(token(Dimension::segment, "s")), nullptr);
}

// The words of a request with these values.
BloomWords words(const std::vector<std::pair<Dimension, const char*>>& values) {
  BloomWords words{};
  words[kNoDimension] = ~std::uint64_t{0};
  for (const auto& [dimension, value] : values) {
    words[static_cast<std::size_t>(dimension)] |= bloom_bit(token(dimension, value)) | bloom_bit(any_token(dimension));
  }
  return words;
}

TEST(Index, EntriesAreSignedWithWhatTheirPostingDoesNotAssure) {
  const auto snapshot = with_targeting(
      R"({"bundle": ["com.a"], "make": ["Apple", "Google"], "city": ["*"], "language": {"exclude": ["de"]}})");
  const Index& index = snapshot->index();
  const std::uint64_t bundle = token(Dimension::bundle, "com.a");
  const Entry entry = index.under(*index.node(kBanner, 0), *index.value(bundle), bundle)[0];
  EXPECT_TRUE(entry.may_want(words({{Dimension::make, "google"}, {Dimension::city, "Rome"}})));
  EXPECT_TRUE(
      entry.may_want(words({{Dimension::make, "Apple"}, {Dimension::city, "Rome"}, {Dimension::language, "de"}})))
      << "what is excluded is not signed";
  const BloomWords no_make = words({{Dimension::city, "Rome"}}), no_city = words({{Dimension::make, "Apple"}});
  EXPECT_FALSE(entry.may_want(no_make));
  EXPECT_EQ(entry.unwanted(no_make), Dimension::make);
  EXPECT_FALSE(entry.may_want(no_city));
  EXPECT_EQ(entry.unwanted(no_city), Dimension::city);
}

TEST(Index, SignaturesAreNotSpentOnWhatThePostingAssures) {
  const auto signed_with = [](const char* targeting, Dimension dimension, const char* value, std::uint64_t country) {
    const auto snapshot = with_targeting(targeting);
    const Index& index = snapshot->index();
    const Index::Node& node = *index.node(kBanner, country);
    const std::uint64_t number = token(dimension, value);
    const Index::Value* posted = index.value(number);
    const Entry entry = posted == nullptr ? index.plain(node)[0] : index.under(node, *posted, number)[0];
    return std::vector<int>(entry.wanted_of.begin(), entry.wanted_of.end());
  };
  const std::vector<int> make_alone = {static_cast<int>(Dimension::make), kNoDimension};
  EXPECT_EQ(signed_with(R"({"country": ["US"], "make": ["Apple"]})", Dimension::bundle, "none", country("US")),
            make_alone);
  EXPECT_EQ(signed_with(R"({"deal": ["d"], "make": ["Apple"]})", Dimension::deal, "d", 0), make_alone);
  EXPECT_EQ(signed_with(R"({"bundle": ["com.a"], "make": ["Apple"]})", Dimension::bundle, "com.a", 0), make_alone);
}

TEST(Index, EntriesOfWhoWantsNothingWantEverything) {
  const auto snapshot = testing::compile({campaign("c")});
  const Index& index = snapshot->index();
  EXPECT_TRUE(index.plain(*index.node(kBanner, 0))[0].may_want(words({})));
}

TEST(Index, PostsAllOfSegmentsUnderOneOnly) {
  EXPECT_EQ(with_targeting(R"({"segment": {"all": ["s", "t", "u"]}})")->index().postings(), 1u);
  EXPECT_EQ(with_targeting(R"({"segment": ["s", "t", "u"]})")->index().postings(), 3u);
}

// `count` names of which each is a value of its own.
Json names(const char* prefix, int count) {
  Json list = Json::array();
  for (int i = 0; i < count; ++i) list.push_back(prefix + std::to_string(i));
  return list;
}

Json countries(std::size_t count) {
  Json list = Json::array();
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z' && list.size() < count; ++b) {
      if (country(std::string{a, b}) != 0) list.push_back(std::string{a, b});
    }
  }
  return list;
}

TEST(Index, DropsCountriesWhereThereWouldBeTooManyPostings) {
  const auto compile = [](int bundles) {
    Json json = campaign("c");
    json["targeting"] = {{"country", countries(64)}, {"bundle", names("b", bundles)}};
    return testing::compile({json});
  };
  const auto most = compile(64);
  EXPECT_EQ(most->index().postings(), 64u * 64);
  EXPECT_EQ(under(*most, Dimension::bundle, "b63", country("AD")), Ids{"c"});
  EXPECT_EQ(under(*most, Dimension::bundle, "b63"), Ids{});
  const auto more = compile(65);
  EXPECT_EQ(more->index().postings(), 65u);
  EXPECT_EQ(under(*more, Dimension::bundle, "b64"), Ids{"c"});
  EXPECT_EQ(under(*more, Dimension::bundle, "b64", country("AD")), Ids{});
}

TEST(Index, ListsStandByValueInUsdDearestFirst) {
  const auto snapshot = testing::compile({campaign("usd 1"), campaign("usd 3", R"({"bid": {"price": 3}})"),
                                          campaign("jpy 500", R"({"bid": {"price": 500}, "currency": "JPY"})"),
                                          campaign("eur 1", R"({"currency": "EUR"})"), campaign("usd 1 again"),
                                          campaign("cpc", R"({"bid": {"model": "cpc", "price": 0.2,
                                                                      "expected_ctr": 0.02}})")});
  EXPECT_EQ(plain(*snapshot), (Ids{"jpy 500", "cpc", "usd 3", "eur 1", "usd 1", "usd 1 again"}))
      << "5, 4, 3, 2, 1 and 1 dollars; equals as in the file";
  const Index::Node* node = snapshot->index().node(kBanner, 0);
  const auto entries = snapshot->index().plain(*node);
  EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(),
                             [](const Entry& a, const Entry& b) { return a.value_usd > b.value_usd; }));
  EXPECT_EQ(entries[0].value_usd, 5'000'000);
}

TEST(Index, EntriesCarryTheTraits) {
  const auto snapshot = with_targeting(R"({"os": ["ios"]})");
  const Entry entry = snapshot->index().plain(*snapshot->index().node(kBanner, 0))[0];
  EXPECT_NE(entry.traits & trait_bit(Trait::os, 1), 0u);
  EXPECT_EQ(entry.traits & trait_bit(Trait::os, 2), 0u);
}

TEST(Index, KeepsEveryBannerSizeApart) {
  std::vector<std::uint64_t> keys;
  for (std::uint16_t w = 1; w <= 1000; ++w) {
    for (std::uint16_t h = 1; h <= 1000; ++h) keys.push_back(mix(Format{1, w, h}.key(), 0));
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST(Index, IsEmptyForNoCampaigns) {
  const auto snapshot = testing::compile({});
  EXPECT_EQ(snapshot->index().postings(), 0u);
  EXPECT_EQ(snapshot->index().node(kBanner, 0), nullptr);
}

}  // namespace
}  // namespace bidwell::catalog
