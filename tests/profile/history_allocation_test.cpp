// Looking up what a user was shown, asking it and having a showing remembered cost no heap allocation.
#include <gtest/gtest.h>

#include <string>

#include "tests/exchange/counted_allocations.h"
#include "tests/profile/history_instance.h"

namespace bidwell::profile {
namespace {

TEST(HistoryAllocation, WorkersAllocateNothing) {
  constexpr cache::Key kUser{1, 2}, kOther{3, 4};
  LocalHistories table(10);
  testing::InstanceOptions options;
  options.local = &table;
  testing::Instance instance(options);
  for (std::uint32_t bid = 0; bid < 100; ++bid) instance.remember_now(kUser, bid);
  ASSERT_EQ(instance.times(kUser), 100u);

  CapToFill caps[kCapsToFillMax + 2];
  unsigned shown = 0, taken = 0;
  allocations = 0;
  counting = true;
  for (std::uint32_t bid = 0; bid < 10'000; ++bid) {
    const auto seen = instance.histories.find(kUser, std::chrono::steady_clock::now());
    shown += seen.history().times(History::Subject::campaign, 1, Showing::impression, 0);
    const Show show{bid, 1, 2, 3, testing::kNow, Showing::impression};
    taken += instance.worker.remember(kOther, show, caps, std::size(caps)) ? 1 : 0;
  }
  const std::uint64_t counted = allocations;
  const std::string long_text(shown / 1000, 'x');
  counting = false;
  EXPECT_EQ(counted, 0u);
  EXPECT_EQ(allocations, 1u) << long_text.size();  // counting counts
  EXPECT_EQ(shown, 100u * 10'000);
  EXPECT_GT(taken, 0u);
}

}  // namespace
}  // namespace bidwell::profile
