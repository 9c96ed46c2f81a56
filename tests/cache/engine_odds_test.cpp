// Orders of events that are rare, and were once wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/state.h"
#include "tests/cache/engine_rig.h"

namespace bidwell::cache::testing {
namespace {

using ::testing::ElementsAre;

TEST(EngineOdds, AValueThatIsTooOldIsNoReasonToBeRefusedTheLease) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("imported long ago", 100, std::chrono::hours(5))});
  ASSERT_EQ(rig.store.acquires.size(), 1u);
  EXPECT_EQ(rig.store.acquires.front().known, 100u);
  EXPECT_TRUE(rig.store.acquires.front().waits);
}

TEST(EngineOdds, WhoHasNothingToServeWaitsForTheHolderWhateverHeKnew) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("x", 100)});
  rig.pass(milliseconds(61'000));
  rig.ask(1);
  rig.answer_absent();
  EXPECT_EQ(rig.store.acquires.front().known, 100u);
  EXPECT_TRUE(rig.store.acquires.front().waits);
}

TEST(EngineOdds, WhoHasSomethingToServeDoesNotWait) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("x", 100, milliseconds(20'000))});
  EXPECT_FALSE(rig.store.acquires.front().waits);
}

TEST(EngineOdds, AnAnnouncementOvertakesTheNewsOfALostLease) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.announce(Announcement::Kind::committed, 1, 900);
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(5'000));
  ASSERT_EQ(rig.store.reads.size(), 1u) << "the value is there: no need to wait the lease out";
  rig.answer_read({rig.value("theirs", 900)});
  EXPECT_EQ(rig.seen(1), "theirs");
}

TEST(EngineOdds, AChangeByOthersWakesWhoAwaitsALease) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(5'000));
  rig.engine.changed(slot_of(1));
  rig.turns();
  EXPECT_EQ(rig.store.reads.size(), 1u);
}

TEST(EngineOdds, AValueIsAsOldAsItWasWhenItIsReadAgain) {
  Options options = EngineRig::options();
  options.classes[0].jitter = 0.5;
  EngineRig rig(options);
  for (std::uint64_t key = 1; key <= 100; ++key) {
    const Stored stored = rig.value("x", 1000 + key, milliseconds(4'000));
    rig.ask(key);
    rig.answer_read({stored});
    L1::Peek first, again;
    ASSERT_TRUE(rig.l1.peek(slot_of(key), first));
    EXPECT_LE(first.soft, first.hard);
    if (rig.now >= first.soft) {
      // Stale here means that it is loaded, not that it is read over and over.
      EXPECT_EQ(rig.store.acquires.size(), 1u);
      rig.answer_lease(Lease::Kind::failed);
      continue;
    }
    EXPECT_TRUE(rig.store.acquires.empty());
    rig.now += milliseconds(1);
    rig.ask(key, AskKind::refresh);
    rig.answer_read({stored});
    ASSERT_TRUE(rig.l1.peek(slot_of(key), again));
    EXPECT_EQ(first.soft, again.soft);
    EXPECT_EQ(first.hard, again.hard);
  }
}

TEST(EngineOdds, DoubtThatComesDuringAReadIsAboutWhatItBrings) {
  EngineRig rig;
  rig.ask(1);
  rig.now += milliseconds(5);
  const Time doubt = rig.now;
  rig.now += milliseconds(5);
  rig.answer_read({rig.value("x", 100)});
  const L1::Reader::Pin pin(rig.reader);
  EXPECT_LT(rig.reader.find(slot_of(1))->loaded, doubt);
}

TEST(EngineOdds, CallsThatTimeOutLengthenTheLease) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  EXPECT_EQ(rig.store.acquires.front().lease, milliseconds(250));
  rig.answer_lease(Lease::Kind::won);
  rig.pass(rig.settings.origin_timeout + milliseconds(200));
  rig.ask(2);
  rig.answer_absent();
  EXPECT_EQ(rig.store.acquires.front().lease, milliseconds(5'000));
}

TEST(EngineOdds, WhoComesLaterIsGivenWhatIsStale) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 41);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  rig.ask(1, AskKind::fetch, 42);
  EXPECT_THAT(rig.answered, ElementsAre(41, 42));
}

TEST(EngineOdds, TokensThatBoughtNoLeaseAreGivenBack) {
  Options options = EngineRig::options();
  options.origin_keys_per_s = 2;
  EngineRig rig(options);
  for (std::uint64_t key = 1; key <= 10; ++key) {
    rig.ask(key);
    rig.answer_absent();
    ASSERT_EQ(rig.store.acquires.size(), 1u) << key;
    rig.answer_lease(Lease::Kind::busy, 0, milliseconds(100));
  }
  EXPECT_EQ(rig.counters[0].origin_throttled.value(), 0u);
}

TEST(EngineOdds, AnOriginThatHasFailedIsLeftAloneForAMoment) {
  EngineRig rig(EngineRig::options(), false, true);
  rig.ask(1, AskKind::fetch, 41);
  take(rig.origin.calls).done({});
  rig.turns();
  for (int i = 0; i < 50; ++i) {
    rig.ask(2, AskKind::fetch, 42);
    rig.now += milliseconds(1);
  }
  EXPECT_TRUE(rig.origin.calls.empty());
  EXPECT_EQ(rig.answered.size(), 51u);
  rig.now += milliseconds(200);
  rig.ask(2);
  EXPECT_EQ(rig.origin.calls.size(), 1u);
}

TEST(Doubt, MakesStaleWhatCameBefore) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("x", 100)});
  const L1::Reader::Pin pin(rig.reader);
  const Entry& entry = *rig.reader.find(slot_of(1));
  const Time later = rig.now + milliseconds(1);
  EXPECT_EQ(state_of(entry, {}, later), Found::Kind::hit);
  const Doubt doubt{later, later, milliseconds(1'000)};
  EXPECT_EQ(state_of(entry, doubt, later + milliseconds(1'000)), Found::Kind::stale);
  const Doubt before{rig.now, rig.now, milliseconds(1'000)};
  EXPECT_EQ(state_of(entry, before, later + milliseconds(1'000)), Found::Kind::hit) << "it came after that";
  // Doubt upon doubt does not put it off.
  const Doubt again{later + milliseconds(900), later, milliseconds(1'000)};
  EXPECT_EQ(state_of(entry, again, later + milliseconds(1'000)), Found::Kind::stale);
}

}  // namespace
}  // namespace bidwell::cache::testing
