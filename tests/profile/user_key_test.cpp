// Under which key a user stands: the order of identifiers, what makes two of them the same, and that keys never change.
#include "bidwell/profile/user_key.h"

#include <gmock/gmock.h>

#include <set>

#include "bidwell/openrtb/privacy.h"

namespace bidwell::profile {
namespace {

const Secret kSecret = make_secret("a secret of the house");

KeyMaker maker(std::initializer_list<std::string_view> order) {
  std::vector<Identifier> identifiers;
  for (const std::string_view text : order) identifiers.push_back(parse_identifier(text).value());
  return KeyMaker(std::move(identifiers), kSecret);
}

// A request whose user has every identifier.
struct Request {
  Request() {
    request.user.buyeruid = "buyer-1";
    request.user.id = "u-17";
    request.device.ifa = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
    request.user.eids = eids;
  }
  std::vector<openrtb::Eid> eids{{"liveramp.com", "XY1234"}, {"id5-sync.com", "ID5-1"}};
  openrtb::BidRequest request;
};

// Computed by other implementations (the paper's algorithm in Python, hashlib's BLAKE2b): whoever has to change them
// makes every profile in every store unreachable.
TEST(UserKey, KnownAnswers) {
  EXPECT_EQ(kSecret,
            (Secret{0x22, 0xd9, 0x75, 0x32, 0x43, 0xe8, 0x93, 0xa7, 0x40, 0xae, 0x72, 0xe8, 0xd7, 0x85, 0xee, 0x62}));
  const KeyMaker keys = maker({});
  using cache::Key;
  EXPECT_EQ(keys.key_of("buyeruid:buyer-1"), (Key{0x599076d504bb477f, 0xaa190cda8a2f0af4}));
  EXPECT_EQ(keys.key_of("ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc"), (Key{0x39339db6e0daba22, 0x1fd9886c7a2aee3a}));
  EXPECT_EQ(keys.key_of("user.id:demo:u-17"), (Key{0xe1b25afdbe58680d, 0xe7c202b018336d32}));
  EXPECT_EQ(keys.key_of("eid:liveramp.com:XY1234"), (Key{0x4889e9cb76ecc04b, 0x20d33d18eb936e8f}));
  EXPECT_EQ(keys.key_of("buyeruid:" + std::string(1024, 'x')), (Key{0xbfcb30ddd2be9b27, 0xfbebe652bf7bdb8a}));
}

TEST(UserKey, WrittenNamesGiveTheKeysOfRequests) {
  const Request user;
  const KeyMaker keys = maker({});
  EXPECT_EQ(maker({"buyeruid"}).key_of(user.request, "demo"), keys.key_of("buyeruid:buyer-1"));
  EXPECT_EQ(maker({"ifa"}).key_of(user.request, "demo"), keys.key_of("ifa:6D92078A-8246-4BA4-AE5B-76104861E7DC"));
  EXPECT_EQ(maker({"user.id"}).key_of(user.request, "demo"), keys.key_of("user.id:demo:u-17"));
  EXPECT_EQ(maker({"eid:LiveRamp.com"}).key_of(user.request, "demo"), keys.key_of("eid:LIVERAMP.com:XY1234"));
}

TEST(UserKey, TheFirstIdentifierOfTheOrderCounts) {
  Request user;
  const KeyMaker keys = maker({"eid:id5-sync.com", "buyeruid", "ifa", "user.id"});
  EXPECT_EQ(keys.key_of(user.request, "x"), keys.key_of("eid:id5-sync.com:ID5-1"));
  user.request.user.eids = std::span(user.eids).first(1);
  EXPECT_EQ(keys.key_of(user.request, "x"), keys.key_of("buyeruid:buyer-1"));
  user.request.user.buyeruid = {};
  EXPECT_EQ(keys.key_of(user.request, "x"), keys.key_of("ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc"));
  user.request.device.ifa = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(keys.key_of(user.request, "x"), keys.key_of("user.id:x:u-17"));
  user.request.user.id = {};
  EXPECT_EQ(keys.key_of(user.request, "x"), std::nullopt);
}

TEST(UserKey, NobodyWithoutAnOrder) {
  EXPECT_EQ(maker({}).key_of(Request().request, "x"), std::nullopt);
}

TEST(UserKey, CaseCountsWhereItMeansSomething) {
  const KeyMaker keys = maker({});
  EXPECT_EQ(keys.key_of("ifa:ABC"), keys.key_of("ifa:abc"));
  EXPECT_EQ(keys.key_of("eid:A.com:x"), keys.key_of("eid:a.COM:x"));
  EXPECT_NE(keys.key_of("eid:a.com:X"), keys.key_of("eid:a.com:x"));
  EXPECT_NE(keys.key_of("buyeruid:X"), keys.key_of("buyeruid:x"));
  EXPECT_NE(keys.key_of("user.id:e:X"), keys.key_of("user.id:e:x"));
}

TEST(UserKey, AnExchangesIdIsItsOwn) {
  const Request user;
  const KeyMaker keys = maker({"user.id"});
  EXPECT_NE(keys.key_of(user.request, "one"), keys.key_of(user.request, "two"));
  EXPECT_EQ(maker({"buyeruid"}).key_of(user.request, "one"), maker({"buyeruid"}).key_of(user.request, "two"));
}

TEST(UserKey, KindsAndContextsDoNotCollide) {
  const KeyMaker keys = maker({});
  const std::vector<std::string> names = {"buyeruid:a",   "ifa:a",        "user.id:a:a", "user.id:aa:a", "user.id:a:aa",
                                          "eid:a:a",      "eid:aa:a",     "eid:a:aa",    "buyeruid:aa",  "ifa:aa",
                                          "buyeruid:aaa", "buyeruid:a:a", "ifa:a:a"};
  std::set<cache::Key> seen;
  for (const std::string& name : names) seen.insert(keys.key_of(name).value());
  EXPECT_EQ(seen.size(), names.size());
}

TEST(UserKey, AnotherSecretGivesOtherKeys) {
  const KeyMaker other({}, make_secret("another"));
  EXPECT_NE(other.key_of("ifa:a"), maker({}).key_of("ifa:a"));
}

TEST(UserKey, OverlongIdentifiersNameNobody) {
  const std::string most(kIdentifierBytesMax, 'x'), more(kIdentifierBytesMax + 1, 'x');
  Request user;
  const KeyMaker keys = maker({"buyeruid", "user.id"});
  user.request.user.buyeruid = most;
  EXPECT_EQ(keys.key_of(user.request, "e"), keys.key_of("buyeruid:" + most));
  user.request.user.buyeruid = more;
  EXPECT_EQ(keys.key_of(user.request, "e"), keys.key_of("user.id:e:u-17")) << "the next of the order";
  EXPECT_EQ(keys.key_of("buyeruid:" + more), std::nullopt);
  EXPECT_EQ(keys.key_of("user.id:" + std::string(256, 'e') + ":x"), std::nullopt);
}

TEST(UserKey, WhatIsNoWrittenName) {
  const KeyMaker keys = maker({});
  for (const char* name :
       {"", "x", "ifa", "ifa:", "IFA:x", "buyeruid:", "user.id:x", "user.id::x", "user.id:e:", "eid:x",
        "eid:x:", "eid::x", "name:x", "ifa:00000000-0000-0000-0000-000000000000", "ifa:0"}) {
    EXPECT_EQ(keys.key_of(name), std::nullopt) << name;
  }
}

TEST(UserKey, AScrubbedRequestHasNoKey) {
  Request user;
  const KeyMaker keys = maker({"buyeruid", "ifa", "user.id", "eid:liveramp.com", "eid:id5-sync.com"});
  ASSERT_NE(keys.key_of(user.request, "demo"), std::nullopt);
  user.request.regs.coppa = 1;
  ASSERT_EQ(openrtb::scrub(user.request), openrtb::PrivacyBasis::coppa);
  EXPECT_EQ(keys.key_of(user.request, "demo"), std::nullopt);
}

TEST(Identifier, IsParsed) {
  EXPECT_EQ(parse_identifier("buyeruid")->kind, Identifier::Kind::buyeruid);
  EXPECT_EQ(parse_identifier("ifa")->kind, Identifier::Kind::ifa);
  EXPECT_EQ(parse_identifier("user.id")->kind, Identifier::Kind::user_id);
  EXPECT_EQ(parse_identifier("eid:LiveRamp.com")->kind, Identifier::Kind::eid);
  EXPECT_EQ(parse_identifier("eid:LiveRamp.com")->source, "liveramp.com");
  for (const char* text : {"", "eid", "eid:", "eid:a:b", "IFA", "ifa:", "id", "eids:x"}) {
    EXPECT_FALSE(parse_identifier(text)) << text;
  }
  EXPECT_FALSE(parse_identifier("eid:" + std::string(256, 'x')));
}

}  // namespace
}  // namespace bidwell::profile
