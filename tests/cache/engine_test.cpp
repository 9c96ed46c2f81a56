// A flight through store, lease, origin and commit, event by event.
#include "tests/cache/engine_rig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bidwell::cache::testing {
namespace {

using ::testing::ElementsAre;

TEST(Engine, TakesAFreshValueFromTheStore) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 42);
  ASSERT_EQ(rig.store.reads.size(), 1u);
  EXPECT_TRUE(rig.answered.empty());
  rig.answer_read({rig.value("one", 100, milliseconds(500))});
  EXPECT_EQ(rig.seen(1), "one");
  EXPECT_THAT(rig.answered, ElementsAre(42));
  EXPECT_TRUE(rig.store.acquires.empty());
  EXPECT_EQ(rig.engine.flights(), 0u);
  // Its age counts from when it was true, not from when it came here.
  rig.pass(milliseconds(9'400));
  EXPECT_FALSE(rig.stale(1));
  rig.pass(milliseconds(200));
  EXPECT_TRUE(rig.stale(1));
  rig.pass(milliseconds(50'000));
  EXPECT_EQ(rig.seen(1), "");
}

TEST(Engine, AsksTheOriginForWhatTheStoreDoesNotHave) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  ASSERT_EQ(rig.store.acquires.size(), 1u);
  EXPECT_TRUE(rig.origin.calls.empty());
  rig.answer_lease(Lease::Kind::won, 77);
  rig.answer_origin("one");
  ASSERT_EQ(rig.store.commits.size(), 1u);
  EXPECT_EQ(rig.store.commits.front().token, 77u);
  EXPECT_EQ(rig.store.commits.front().bytes, "one");
  EXPECT_EQ(rig.seen(1), "") << "not before the store has accepted it";
  rig.answer_commit(Commit::Kind::done, 1000);
  EXPECT_EQ(rig.seen(1), "one");
  EXPECT_EQ(rig.version(1), 1000u);
}

TEST(Engine, RemembersThatAThingDoesNotExist) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("");
  EXPECT_TRUE(rig.store.commits.front().negative);
  rig.answer_commit(Commit::Kind::done, 5);
  EXPECT_EQ(rig.seen(1), "-");
  rig.pass(milliseconds(1'999));
  EXPECT_FALSE(rig.stale(1));
  rig.pass(milliseconds(2));
  EXPECT_TRUE(rig.stale(1)) << "asked about again after half its time";
  rig.pass(milliseconds(2'000));
  EXPECT_EQ(rig.seen(1), "");
}

TEST(Engine, ManyWhoAskShareOneFlight) {
  EngineRig rig;
  for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) rig.ask(1, AskKind::fetch, ticket);
  EXPECT_EQ(rig.store.reads.size(), 1u);
  EXPECT_EQ(rig.counters[0].joined.value(), 99u);
  rig.answer_read({rig.value("one", 1)});
  EXPECT_EQ(rig.answered.size(), 100u);
}

TEST(Engine, WithoutSingleFlightEachReadsForItself) {
  Options options = EngineRig::options();
  options.single_flight = false;
  EngineRig rig(options);
  for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) rig.ask(1, AskKind::fetch, ticket);
  EXPECT_EQ(rig.store.reads.size(), 5u);
  while (!rig.store.reads.empty()) rig.answer_read({rig.value("one", 1)});
  EXPECT_EQ(rig.answered.size(), 5u);
  EXPECT_EQ(rig.engine.flights(), 0u);
}

TEST(Engine, OneTurnsMissesAreOneRead) {
  Options options = EngineRig::options();
  options.read_keys_max = 3;
  EngineRig rig(options);
  for (std::uint64_t i = 1; i <= 7; ++i) rig.engine.ask(AskKind::fetch, slot_of(i), {});
  rig.turns();
  ASSERT_EQ(rig.store.reads.size(), 3u);
  EXPECT_EQ(rig.store.reads[0].slots.size(), 3u);
  EXPECT_EQ(rig.store.reads[2].slots.size(), 1u);
}

TEST(Engine, WhatIsWonTogetherIsOneCallOfTheOrigin) {
  EngineRig rig;
  for (std::uint64_t i = 1; i <= 4; ++i) rig.engine.ask(AskKind::fetch, slot_of(i), {});
  rig.turns();
  rig.answer_absent();
  ASSERT_EQ(rig.store.acquires.size(), 4u);
  rig.answer_lease(Lease::Kind::won, 11);
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(300));
  rig.answer_lease(Lease::Kind::won, 13);
  EXPECT_TRUE(rig.origin.calls.empty());
  rig.answer_lease(Lease::Kind::won, 14);
  ASSERT_EQ(rig.origin.calls.size(), 1u);
  EXPECT_THAT(rig.origin.calls[0].slots, ElementsAre(slot_of(1), slot_of(3), slot_of(4)));
}

TEST(Engine, WaitersGoOnWhenTheStoreHasNothing) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 42);
  rig.answer_absent();
  EXPECT_THAT(rig.answered, ElementsAre(42));
  rig.ask(1, AskKind::fetch, 43);
  EXPECT_THAT(rig.answered, ElementsAre(42, 43)) << "also those who come while the origin is asked";
}

TEST(Engine, OrWaitForTheOriginWhereTheirClassSaysSo) {
  Options options = EngineRig::options();
  options.classes[0].wait_for_origin = true;
  EngineRig rig(options);
  rig.ask(1, AskKind::fetch, 42);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  EXPECT_TRUE(rig.answered.empty());
  rig.answer_origin("one");
  EXPECT_TRUE(rig.answered.empty());
  rig.answer_commit(Commit::Kind::done, 1);
  EXPECT_THAT(rig.answered, ElementsAre(42));
}

TEST(Engine, AStaleValueOfTheStoreIsServedAndRefreshed) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 42);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  EXPECT_EQ(rig.seen(1), "old");
  EXPECT_TRUE(rig.stale(1));
  EXPECT_THAT(rig.answered, ElementsAre(42));
  ASSERT_EQ(rig.store.acquires.size(), 1u);
  EXPECT_EQ(rig.store.acquires.front().known, 100u);
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("new");
  rig.answer_commit(Commit::Kind::done, 200);
  EXPECT_EQ(rig.seen(1), "new");
  EXPECT_FALSE(rig.stale(1));
}

TEST(Engine, WhatAnInvalidationExpiredIsStaleHoweverYoung) {
  EngineRig rig;
  rig.ask(1);
  Stored expired = rig.value("old", 100, milliseconds(10));
  expired.expired = true;
  rig.answer_read({expired});
  EXPECT_EQ(rig.seen(1), "old");
  EXPECT_TRUE(rig.stale(1));
  EXPECT_EQ(rig.store.acquires.size(), 1u);
}

TEST(Engine, ANegativeEntryOfTheStoreIsBelievedForItsTimeOnly) {
  EngineRig rig;
  Stored negative = rig.value("", 100, milliseconds(3'900));
  negative.kind = Stored::Kind::negative;
  rig.ask(1);
  rig.answer_read({negative});
  EXPECT_EQ(rig.seen(1), "-");
  negative.born -= milliseconds(100);
  rig.ask(2);
  rig.answer_read({negative});
  EXPECT_EQ(rig.seen(2), "");
}

TEST(Engine, WhatIsPastItsHardTtlIsNotServed) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("ancient", 100, milliseconds(60'000))});
  EXPECT_EQ(rig.seen(1), "");
  EXPECT_EQ(rig.store.acquires.size(), 1u);
}

TEST(Engine, TheLoserOfALeaseWaitsForTheAnnouncement) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(400));
  EXPECT_TRUE(rig.store.reads.empty());
  rig.announce(Announcement::Kind::committed, 1, 900);
  ASSERT_EQ(rig.store.reads.size(), 1u);
  rig.answer_read({rig.value("theirs", 900)});
  EXPECT_EQ(rig.seen(1), "theirs");
  EXPECT_TRUE(rig.origin.calls.empty());
}

TEST(Engine, AndTakesOverWhenTheHolderDied) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(400));
  rig.pass(milliseconds(399));
  EXPECT_TRUE(rig.store.reads.empty());
  rig.pass(milliseconds(52));
  ASSERT_EQ(rig.store.reads.size(), 1u);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("mine");
  rig.answer_commit(Commit::Kind::done, 9);
  EXPECT_EQ(rig.seen(1), "mine");
}

TEST(Engine, ALoserThatHasSomethingServesThat) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(400));
  EXPECT_EQ(rig.engine.flights(), 0u);
  EXPECT_EQ(rig.seen(1), "old");
}

TEST(Engine, AStaleValueIsAskedAboutAgainWhenTheHoldersLeaseIsOver) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  rig.answer_lease(Lease::Kind::busy, 0, milliseconds(400));
  EXPECT_GE(rig.pause(1), milliseconds(400));
  EXPECT_LE(rig.pause(1), milliseconds(450));
}

TEST(Engine, AndSoonAfterAFailure) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  rig.answer_lease(Lease::Kind::failed);
  EXPECT_GE(rig.pause(1), milliseconds(100));
  EXPECT_LE(rig.pause(1), milliseconds(200));
  rig.ask(1, AskKind::refresh);
  rig.answer_read({});
  EXPECT_GE(rig.pause(1), milliseconds(100));
}

TEST(Engine, TakesTheNewerValueThatALeaseIsRefusedFor) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_read({rig.value("old", 100, milliseconds(20'000))});
  rig.answer_lease(Lease::Kind::newer, 0, {}, rig.value("new", 200));
  EXPECT_EQ(rig.seen(1), "new");
  EXPECT_EQ(rig.engine.flights(), 0u);
  EXPECT_TRUE(rig.origin.calls.empty());
}

TEST(Engine, ARejectedCommitIsNotServed) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("outdated");
  rig.answer_commit(Commit::Kind::rejected);
  EXPECT_EQ(rig.seen(1), "");
  ASSERT_EQ(rig.store.reads.size(), 1u) << "somebody has something newer";
  rig.answer_read({rig.value("newer", 500)});
  EXPECT_EQ(rig.seen(1), "newer");
}

TEST(Engine, WhatCannotBeCommittedIsGoodHereAllTheSame) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won, 7);
  rig.answer_origin("one");
  rig.answer_commit(Commit::Kind::failed);
  EXPECT_EQ(rig.seen(1), "one");
  // Anything that was committed since it was asked for wins.
  rig.announce(Announcement::Kind::expired, 1, rig.version(1) + 1);
  EXPECT_TRUE(rig.stale(1));
}

TEST(Engine, AnOriginThatDoesNotAnswerIsGivenUp) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won, 7);
  auto late = take(rig.origin.calls);
  rig.pass(rig.settings.origin_timeout);
  EXPECT_EQ(rig.engine.flights(), 0u);
  EXPECT_EQ(rig.counters[0].origin_timeouts.value(), 1u);
  late.done({{true, "late"}});
  rig.turns();
  EXPECT_EQ(rig.seen(1), "");
  EXPECT_TRUE(rig.store.commits.empty());
}

TEST(Engine, AnOriginThatCannotBeAskedIsCounted) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won, 7);
  take(rig.origin.calls).done({});
  rig.turns();
  EXPECT_EQ(rig.counters[0].origin_failures.value(), 1u);
  EXPECT_EQ(rig.engine.flights(), 0u);
}

TEST(Engine, AStoreThatDoesNotAnswerEndsTheFlight) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 42);
  rig.answer_read({});
  EXPECT_THAT(rig.answered, ElementsAre(42));
  EXPECT_EQ(rig.engine.flights(), 0u);
  EXPECT_TRUE(rig.origin.calls.empty()) << "without leases every instance would ask it";
  EXPECT_EQ(rig.counters[0].store_failures.value(), 1u);
}

TEST(Engine, AnUnusableStoreIsNotAsked) {
  EngineRig rig;
  rig.store.up = false;
  rig.ask(1, AskKind::fetch, 42);
  EXPECT_TRUE(rig.store.reads.empty());
  EXPECT_THAT(rig.answered, ElementsAre(42));
  EXPECT_LE(rig.engine.next_time(), rig.now + milliseconds(100)) << "it is looked at again";
}

TEST(Engine, NonsenseCountsAsNothing) {
  EngineRig rig;
  rig.ask(1);
  Stored nonsense;
  nonsense.kind = Stored::Kind::nonsense;
  rig.answer_read({nonsense});
  EXPECT_EQ(rig.counters[0].store_nonsense.value(), 1u);
  EXPECT_EQ(rig.store.acquires.size(), 1u);
}

TEST(Engine, TheOriginIsSparedByTokens) {
  Options options = EngineRig::options();
  options.origin_keys_per_s = 3;
  EngineRig rig(options);
  for (std::uint64_t i = 1; i <= 5; ++i) rig.engine.ask(AskKind::fetch, slot_of(i), {});
  rig.turns();
  rig.answer_absent();
  EXPECT_EQ(rig.store.acquires.size(), 3u);
  EXPECT_EQ(rig.counters[0].origin_throttled.value(), 2u);
  EXPECT_EQ(rig.engine.flights(), 3u);
  rig.pass(milliseconds(1'000));
  rig.ask(9);
  rig.answer_absent();
  EXPECT_EQ(rig.store.acquires.size(), 4u);
}

TEST(Engine, FlightsAreBounded) {
  Options options = EngineRig::options();
  options.flights_max = 2;
  EngineRig rig(options);
  rig.ask(1);
  rig.ask(2);
  rig.ask(3, AskKind::fetch, 42);
  EXPECT_EQ(rig.engine.flights(), 2u);
  EXPECT_THAT(rig.answered, ElementsAre(42));
  EXPECT_EQ(rig.counters[0].flights_refused.value(), 1u);
}

TEST(Engine, WithoutAStoreTheOriginIsAskedAtOnce) {
  EngineRig rig(EngineRig::options(), false, true);
  rig.ask(1);
  rig.answer_origin("one");
  EXPECT_EQ(rig.seen(1), "one");
  rig.ask(2);
  rig.answer_origin("");
  EXPECT_EQ(rig.seen(2), "-");
}

TEST(Engine, WithoutAnOriginTheStoreIsTheTruth) {
  EngineRig rig(EngineRig::options(), true, false);
  rig.ask(1);
  rig.answer_read({rig.value("imported long ago", 5, std::chrono::hours(500))});
  EXPECT_EQ(rig.seen(1), "imported long ago");
  EXPECT_FALSE(rig.stale(1));
  rig.ask(2);
  rig.answer_absent();
  EXPECT_EQ(rig.seen(2), "-");
  EXPECT_EQ(rig.engine.flights(), 0u);
}

TEST(Engine, LeasesLastThreeTimesTheOriginsSlowCalls) {
  EngineRig rig;
  const auto lease = [&](std::uint64_t number, Duration call) {
    rig.ask(number);
    rig.answer_absent();
    const Duration lasts = rig.store.acquires.front().lease;
    rig.answer_lease(Lease::Kind::won);
    rig.now += call;
    rig.answer_origin("x");
    rig.answer_commit(Commit::Kind::done, number);
    return lasts;
  };
  EXPECT_EQ(lease(1, milliseconds(500)), milliseconds(250)) << "the least, before anything is known";
  EXPECT_EQ(lease(2, milliseconds(1'900)), milliseconds(1'500));
  EXPECT_EQ(lease(3, milliseconds(1)), milliseconds(5'000)) << "the most";
}

}  // namespace
}  // namespace bidwell::cache::testing
