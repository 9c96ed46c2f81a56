// What moves values that nobody waits for: refreshes ahead of time, invalidations, and both at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cache/engine_rig.h"

namespace bidwell::cache::testing {
namespace {

void fill(EngineRig& rig, std::uint64_t number, std::string_view bytes, std::uint64_t version) {
  rig.ask(number);
  rig.answer_read({rig.value(bytes, version)});
}

TEST(Refresher, RefreshesWhatIsHotBeforeItIsStale) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  rig.ask(1, AskKind::hot);
  rig.pass(milliseconds(7'400));
  EXPECT_TRUE(rig.store.reads.empty()) << "not before the last quarter";
  rig.pass(milliseconds(2'590));
  EXPECT_FALSE(rig.stale(1));
  ASSERT_EQ(rig.store.reads.size(), 1u);
  rig.answer_read({rig.value("old", 100, milliseconds(9'000))});
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("new");
  rig.answer_commit(Commit::Kind::done, 200);
  EXPECT_EQ(rig.seen(1), "new");
  EXPECT_EQ(rig.counters[0].origin_calls_refresh.value(), 1u);
  EXPECT_EQ(rig.counters[0].origin_calls_miss.value(), 0u);
}

TEST(Refresher, DoesNotCountItselfAsWasted) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  rig.ask(1, AskKind::hot);
  rig.pass(milliseconds(9'990));
  rig.answer_read({rig.value("old", 100, milliseconds(9'000))});
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("new");
  rig.answer_commit(Commit::Kind::done, 200);
  EXPECT_EQ(rig.l1.stats().refreshes_wasted, 0u) << "what was found on the way is not put again";
}

TEST(Refresher, LetsColdKeysDie) {
  EngineRig rig;
  fill(rig, 1, "cold", 100);
  EXPECT_EQ(rig.engine.next_time(), Time::max());
  rig.pass(milliseconds(70'000));
  EXPECT_TRUE(rig.store.reads.empty());
  EXPECT_EQ(rig.seen(1), "");
}

TEST(Refresher, TakesWhatAnotherInstanceHasRefreshed) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  rig.ask(1, AskKind::hot);
  rig.pass(milliseconds(9'990));
  rig.answer_read({rig.value("theirs", 150, milliseconds(1'000))});
  EXPECT_EQ(rig.seen(1), "theirs");
  EXPECT_TRUE(rig.store.acquires.empty());
}

TEST(Refresher, ForgetsWhatWasRefreshedOtherwise) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  rig.ask(1, AskKind::hot);
  rig.pass(milliseconds(5'000));
  rig.engine.changed(slot_of(1));
  rig.ask(1, AskKind::refresh);
  rig.answer_read({rig.value("new", 200)});
  rig.pass(milliseconds(4'990));
  EXPECT_TRUE(rig.store.reads.empty());
  EXPECT_EQ(rig.counters[0].refreshes_due.value(), 1u);
  EXPECT_EQ(rig.counters[0].refreshes_started.value(), 0u);
}

TEST(Refresher, GathersWhatIsDueTogether) {
  Options options = EngineRig::options();
  options.refresh_share = 0;  // all at the soft TTL
  options.read_keys_max = 300;
  options.refresh_keys_max = 256;
  EngineRig rig(options);
  for (std::uint64_t i = 1; i <= 300; ++i) rig.engine.ask(AskKind::fetch, slot_of(i), {});
  rig.turns();
  rig.answer_read(std::vector<Stored>(300, rig.value("x", 1)));
  for (std::uint64_t i = 1; i <= 300; ++i) rig.ask(i, AskKind::hot);
  rig.pass(milliseconds(10'002));
  ASSERT_EQ(rig.store.reads.size(), 2u);
  EXPECT_EQ(rig.store.reads[0].slots.size(), 256u);
  EXPECT_EQ(rig.store.reads[1].slots.size(), 44u);
  rig.answer_read(std::vector<Stored>(256, rig.value("x", 1, milliseconds(10'002))));
  while (!rig.store.acquires.empty()) rig.answer_lease(Lease::Kind::won, rig.store.acquires.size());
  ASSERT_EQ(rig.origin.calls.size(), 1u);
  EXPECT_EQ(rig.origin.calls[0].slots.size(), 256u);
  rig.answer_origin("y");
  EXPECT_EQ(rig.store.commits.size(), 256u) << "all on their way at once";
}

TEST(Refresher, SpreadsItsTimes) {
  EngineRig rig;
  std::vector<Time> begun;
  for (std::uint64_t i = 1; i <= 100; ++i) fill(rig, i, "x", 1);
  for (std::uint64_t i = 1; i <= 100; ++i) rig.ask(i, AskKind::hot);
  std::size_t first_half = 0;
  rig.pass(milliseconds(8'750));
  for (const auto& read : rig.store.reads) first_half += read.slots.size();
  EXPECT_GT(first_half, 25u);
  EXPECT_LT(first_half, 75u);
}

TEST(Invalidation, MakesALocalValueStale) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  rig.announce(Announcement::Kind::expired, 1, 101);
  EXPECT_TRUE(rig.stale(1));
  EXPECT_EQ(rig.seen(1), "old") << "served until the new one is there";
}

TEST(Invalidation, IsIgnoredWhereTheLocalValueIsAsNew) {
  EngineRig rig;
  fill(rig, 1, "new", 100);
  rig.announce(Announcement::Kind::expired, 1, 100);
  EXPECT_FALSE(rig.stale(1));
}

TEST(Invalidation, ThatDropsTakesTheValueAway) {
  EngineRig rig;
  fill(rig, 1, "private", 100);
  rig.announce(Announcement::Kind::dropped, 1, 101);
  EXPECT_EQ(rig.seen(1), "");
}

TEST(Invalidation, OvertakesARead) {
  EngineRig rig;
  rig.ask(1);
  rig.announce(Announcement::Kind::expired, 1, 101);
  rig.answer_read({rig.value("old", 100)});
  EXPECT_EQ(rig.seen(1), "old");
  EXPECT_TRUE(rig.stale(1)) << "the reply was under way when the value changed";
  EXPECT_EQ(rig.counters[0].overtaken.value(), 1u);
}

TEST(Invalidation, ThatDropsOvertakesARead) {
  EngineRig rig;
  rig.ask(1, AskKind::fetch, 42);
  rig.announce(Announcement::Kind::dropped, 1, 101);
  rig.answer_read({rig.value("private", 100)});
  EXPECT_EQ(rig.seen(1), "");
  EXPECT_THAT(rig.answered, ::testing::ElementsAre(42));
}

TEST(Invalidation, ThatDropsIsRememberedByTheFlightItself) {
  EngineRig rig;
  rig.ask(1);
  rig.announce(Announcement::Kind::dropped, 1, 101);
  rig.now += std::chrono::hours(1);  // L1's mark is gone
  rig.answer_read({rig.value("private", 100)});
  EXPECT_EQ(rig.seen(1), "");
}

TEST(Invalidation, OvertakesALoad) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.announce(Announcement::Kind::dropped, 1, 500);
  rig.answer_origin("old");
  rig.answer_commit(Commit::Kind::rejected);  // the script deleted the lease
  EXPECT_EQ(rig.seen(1), "");
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.answer_origin("new");
  rig.answer_commit(Commit::Kind::done, 501);
  EXPECT_EQ(rig.seen(1), "new");
  EXPECT_FALSE(rig.stale(1));
}

TEST(Invalidation, OvertakesALoadThatCannotBeCommitted) {
  EngineRig rig;
  rig.ask(1);
  rig.answer_absent();
  rig.answer_lease(Lease::Kind::won);
  rig.now += milliseconds(5);
  rig.announce(Announcement::Kind::dropped, 1, rig.store.version_at(rig.now));
  rig.answer_origin("old");
  rig.answer_commit(Commit::Kind::failed);
  EXPECT_EQ(rig.seen(1), "") << "asked for before it was dropped";
}

TEST(Invalidation, ByOthersOvertakesARead) {
  EngineRig rig;
  rig.ask(1);
  rig.engine.changed(slot_of(1));
  rig.answer_read({rig.value("old", 100)});
  EXPECT_TRUE(rig.stale(1));
  rig.ask(1, AskKind::refresh);
  rig.answer_read({rig.value("new", 101)});
  EXPECT_FALSE(rig.stale(1));
}

TEST(Invalidation, VersionsNeverGoBack) {
  EngineRig rig;
  fill(rig, 1, "new", 200);
  rig.engine.changed(slot_of(1));
  rig.ask(1, AskKind::refresh);
  rig.answer_read({rig.value("old", 100)});
  EXPECT_EQ(rig.seen(1), "new");
  EXPECT_EQ(rig.version(1), 200u);
}

TEST(Invalidation, OfOursGoesThroughTheStore) {
  EngineRig rig;
  fill(rig, 1, "old", 100);
  int done = 0;
  rig.engine.invalidate(slot_of(1), Invalidation::drop, [&](bool told) { done = told ? 1 : -1; });
  ASSERT_EQ(rig.store.invalidations.size(), 1u);
  EXPECT_EQ(rig.seen(1), "old");
  take(rig.store.invalidations).done(300);
  EXPECT_EQ(rig.seen(1), "");
  EXPECT_EQ(done, 1);
  rig.engine.invalidate(slot_of(1), Invalidation::drop, [&](bool told) { done = told ? 1 : -1; });
  take(rig.store.invalidations).done(0);
  EXPECT_EQ(done, -1) << "the store was not told";
}

TEST(Invalidation, WithoutAStoreIsLocal) {
  EngineRig rig(EngineRig::options(), false, true);
  rig.ask(1);
  rig.answer_origin("one");
  rig.now += milliseconds(1);
  rig.engine.invalidate(slot_of(1), Invalidation::expire, nullptr);
  EXPECT_TRUE(rig.stale(1));
}

// What the origin was asked for in the same instant may be from before the change.
TEST(Invalidation, WithoutAStoreADropKeepsOutWhatIsBeingLoaded) {
  EngineRig rig(EngineRig::options(), false, true);
  rig.ask(1);
  rig.engine.invalidate(slot_of(1), Invalidation::drop, nullptr);
  rig.answer_origin("old");
  ASSERT_EQ(rig.seen(1), "");
  rig.now += milliseconds(1);
  rig.ask(1);
  rig.answer_origin("new");
  EXPECT_EQ(rig.seen(1), "new");
}

// Who changes a value in the store himself says so at once (Tiered::heard): what is being read may be from before.
TEST(Invalidation, WithoutAnOriginADropKeepsOutWhatIsBeingRead) {
  for (const bool absent : {false, true}) {
    EngineRig rig(EngineRig::options(), true, false);
    rig.ask(1);
    const std::uint64_t changed = rig.store.version_at(rig.now + std::chrono::microseconds(500));
    rig.announce(Announcement::Kind::dropped, 1, changed);
    rig.now += milliseconds(1);
    if (absent) {
      rig.answer_absent();
    } else {
      rig.answer_read({rig.value("old", changed - 1)});
    }
    ASSERT_EQ(rig.seen(1), "");
    rig.ask(1);
    rig.answer_read({rig.value("new", changed)});
    EXPECT_EQ(rig.seen(1), "new");
  }
}

}  // namespace
}  // namespace bidwell::cache::testing
