// What readers keep from being freed, and for how long.
#include "cache/epoch.h"

#include <gtest/gtest.h>

namespace bidwell::cache {
namespace {

TEST(Epochs, NothingWaitsWithoutReaders) {
  Epochs epochs(2);
  const auto unlinked = epochs.now();
  EXPECT_GT(epochs.advance(), unlinked);
}

TEST(Epochs, WhoWasThereBeforeKeepsItWhoCameLaterDoesNot) {
  Epochs epochs(2);
  Seat& first = epochs.take_seat();
  Seat& second = epochs.take_seat();
  epochs.pin(first);
  const auto unlinked = epochs.now();
  EXPECT_LE(epochs.advance(), unlinked);
  EXPECT_LE(epochs.advance(), unlinked) << "for as long as it stays";
  epochs.pin(second);
  EXPECT_LE(epochs.advance(), unlinked);
  epochs.unpin(first);
  EXPECT_GT(epochs.advance(), unlinked);
  epochs.unpin(second);
  epochs.give_back(first);
  epochs.give_back(second);
}

}  // namespace
}  // namespace bidwell::cache
