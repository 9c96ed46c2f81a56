// What the bidder asks for: a request's user, looked up in the cache, and a count for each way that can end.
#include "bidwell/profile/profiles.h"

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <thread>

namespace bidwell::profile {
namespace {

using ::testing::ElementsAre;

// Answers at once.
class MapOrigin final : public cache::Origin {
 public:
  void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override {
    std::vector<cache::Loaded> loaded;
    for (const cache::Slot& slot : slots) {
      const auto at = rows.find(slot.key);
      loaded.push_back(at == rows.end() ? cache::Loaded{} : cache::Loaded{true, at->second});
    }
    done(std::move(loaded));
  }
  std::map<cache::Key, std::string> rows;
};

cache::Options cache_options() {
  cache::Options options;
  options.classes.resize(1);
  options.classes[0].name = "profile";
  options.l1.bytes_max = 16 << 20;
  return options;
}

class ProfilesTest : public ::testing::Test {
 protected:
  std::optional<cache::Slot> slot_of(std::string_view buyeruid) {
    openrtb::BidRequest request;
    request.user.buyeruid = buyeruid;
    return profiles_.slot_of(request, "demo");
  }
  void put(std::string_view buyeruid, std::string bytes) {
    origin_.rows[keys_.key_of("buyeruid:" + std::string(buyeruid)).value()] = std::move(bytes);
  }
  // Asks for it and waits until the cache has it.
  void fetch(const cache::Slot& slot) {
    const std::size_t before = tiered_.l1_stats().entries;
    profiles_.fetch(slot);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (tiered_.l1_stats().entries == before && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }
  auto find(const std::optional<cache::Slot>& slot) { return profiles_.find(slot, std::chrono::steady_clock::now()); }

  const KeyMaker keys_{{{Identifier::Kind::buyeruid, {}}}, make_secret("test")};
  MapOrigin origin_;
  cache::Tiered tiered_{cache_options(), nullptr, &origin_};
  std::unique_ptr<cache::Port> port_ = tiered_.make_port([] {});
  Profiles profiles_{keys_, *port_};
};

TEST_F(ProfilesTest, NobodyIsCountedAndFindsNothing) {
  const auto slot = slot_of("");
  EXPECT_FALSE(slot);
  const auto known = find(slot);
  EXPECT_FALSE(known.missed());
  EXPECT_TRUE(known.profile().empty());
  EXPECT_EQ(profiles_.counters().without_user.value(), 1U);
}

TEST_F(ProfilesTest, KnownFromTheSecondTimeOn) {
  put("a", encode({{7, 9}, {"gender=F"}, {}}));
  const auto slot = slot_of("a");
  ASSERT_TRUE(slot);
  EXPECT_TRUE(find(slot).missed());
  fetch(*slot);
  const auto known = find(slot);
  EXPECT_FALSE(known.missed());
  std::vector<std::uint32_t> segments;
  known.profile().each_segment([&](std::uint32_t id) { segments.push_back(id); });
  EXPECT_THAT(segments, ElementsAre(7, 9));
  EXPECT_EQ(known.profile().attribute("gender"), "F");
  EXPECT_EQ(profiles_.counters().not_known.value(), 1U);
  EXPECT_EQ(profiles_.counters().known.value(), 1U);
}

TEST_F(ProfilesTest, KnownNotToExist) {
  const auto slot = slot_of("b");
  EXPECT_TRUE(find(slot).missed());
  fetch(*slot);
  const auto known = find(slot);
  EXPECT_FALSE(known.missed());
  EXPECT_TRUE(known.profile().empty());
  EXPECT_EQ(profiles_.counters().unknown.value(), 1U);
}

TEST_F(ProfilesTest, WhatCannotBeDecodedIsNothing) {
  put("c", "nonsense");
  const auto slot = slot_of("c");
  EXPECT_TRUE(find(slot).missed());
  fetch(*slot);
  const auto known = find(slot);
  EXPECT_FALSE(known.missed());
  EXPECT_TRUE(known.profile().empty());
  EXPECT_EQ(profiles_.counters().undecodable.value(), 1U);
  EXPECT_EQ(profiles_.counters().known.value(), 0U);
}

TEST_F(ProfilesTest, AWaitThatBringsNothingIsANonAnswer) {
  profiles_.count_wait_ended(true);
  EXPECT_EQ(profiles_.counters().not_known.value(), 0U);
  profiles_.count_wait_ended(false);
  EXPECT_EQ(profiles_.counters().not_known.value(), 1U);
}

}  // namespace
}  // namespace bidwell::profile
