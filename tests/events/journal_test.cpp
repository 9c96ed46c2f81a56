// Appending: whole records in order, over segments, to a reader beside; without a system call or a page fault.
#include "bidwell/events/journal.h"

#include <gmock/gmock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <atomic>
#include <csignal>
#include <random>

#include "events/record.h"
#include "tests/events/journals_rig.h"

namespace bidwell::events {
namespace {

using testing::append;
using testing::append_waiting;
using testing::eventually;
using testing::Folder;
using testing::in_child;
using testing::numbered;
using testing::Read;
using testing::read_from;
using testing::small;

TEST(Journal, WhatIsAppendedIsReadInOrderOverManySegments) {
  const Folder folder;
  Journals journals(small(folder));
  Journal& journal = journals.add_worker();
  journals.start();
  std::mt19937_64 random(1);
  std::vector<std::string> all;
  std::vector<std::uint64_t> ends;
  for (int i = 0; i < 3000; ++i) {
    std::size_t size = 1 + random() % 600;
    if (i % 50 == 0) size = 1 + random() % Journal::kRecordBytesMax;
    if (i % 500 == 1) size = Journal::kRecordBytesMax;
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    ends.push_back(append_waiting(journal, bytes));
    ASSERT_NE(ends.back(), 0);
    all.push_back(std::move(bytes));
  }
  EXPECT_GT(journal.counters().segments.value(), 20);
  EXPECT_EQ(journal.counters().records.value(), all.size());
  const std::string name = journals.names().at(0);
  for (const std::size_t bite : {std::size_t{1}, std::size_t{5000}, std::size_t{1} << 30}) {
    const Read read = read_from(journals, name, 0, bite);
    EXPECT_EQ(read.records, all);
    EXPECT_EQ(read.next, ends.back());
  }
  // From any position on.
  for (const std::size_t i : {std::size_t{0}, std::size_t{7}, std::size_t{1500}, all.size() - 1}) {
    const Read read = read_from(journals, name, ends[i]);
    EXPECT_EQ(read.records, std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
  }
}

TEST(Journal, LessMayBeUsedThanWasReservedOrNothing) {
  const Folder folder;
  Journals journals(small(folder));
  Journal& journal = journals.add_worker();
  journals.start();
  const std::string name = journals.names().at(0);
  std::vector<std::string> all;
  for (int i = 0; i < 200; ++i) {
    // What is left behind must not look like a record's head.
    char* out = journal.reserve(500, Journal::Priority::bid);
    ASSERT_NE(out, nullptr);
    std::memset(out, 0x11, 500);
    if (i % 3 == 0) continue;
    if (i % 3 == 1) {
      EXPECT_EQ(journal.publish(0), read_from(journals, name).next);
      continue;
    }
    journal.publish(static_cast<std::size_t>(i));
    EXPECT_EQ(length_at(out - kRecordHead + record_room(static_cast<std::size_t>(i))).load(), 0);
    all.emplace_back(static_cast<std::size_t>(i), '\x11');
    EXPECT_EQ(read_from(journals, name).records, all);
  }
}

TEST(Journal, ALongerRecordThanThereMayBeIsRefused) {
  const Folder folder;
  Journals journals(small(folder));
  Journal& journal = journals.add_worker();
  journals.start();
  EXPECT_EQ(journal.reserve(Journal::kRecordBytesMax + 1, Journal::Priority::bid), nullptr);
  EXPECT_EQ(journal.reserve(Journal::kRecordBytesMax + 1, Journal::Priority::notice), nullptr);
  EXPECT_EQ(journal.counters().bids_dropped.value(), 1);
  EXPECT_EQ(journal.counters().notices_refused.value(), 1);
  EXPECT_NE(journal.reserve(Journal::kRecordBytesMax, Journal::Priority::bid), nullptr);
}

// Under the thread sanitizer, too.
TEST(Journal, AReaderBesideSeesWholeRecordsInOrder) {
  const Folder folder;
  JournalOptions options = small(folder);
  options.fsync = Fsync::interval;
  options.fsync_interval = std::chrono::milliseconds(1);
  Journals journals(options);
  Journal& journal = journals.add_worker();
  const unsigned reader = journals.add_reader();
  journals.start();
  const std::string name = journals.names().at(0);
  constexpr std::uint64_t kCount = 30'000;
  std::thread worker([&] {
    for (std::uint64_t n = 0; n < kCount; ++n) append_waiting(journal, numbered(n));
  });
  std::uint64_t n = 0, position = 0, wrong = 0;
  eventually([&] {
    std::vector<Journals::Record> records;
    position = journals.read(name, position, 100'000, records);
    for (const Journals::Record& record : records) wrong += record.bytes != numbered(n++);
    journals.release(reader, name, position);
    return n == kCount;
  });
  worker.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(n, kCount);
  EXPECT_EQ(journals.unread_bytes(reader), 0);
  // Behind the reader the segments go.
  EXPECT_TRUE(eventually([&] { return folder.segments().size() == 2; }));
  journals.stop();
  EXPECT_THAT(folder.runs(), ::testing::IsEmpty());
}

// The sanitizers' own memory faults, and the thread sanitizer makes system calls.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// A thread that any system call but read, write and exit kills; true: it came to its end.
bool survives_strict_mode(const std::function<void()>& work) {
  std::atomic<bool> done{false};
  std::atomic<pid_t> thread{0};
  std::thread([&] {
    thread = static_cast<pid_t>(::syscall(SYS_gettid));
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) return;
    work();
    done = true;
    ::syscall(SYS_exit, 0);
  }).detach();
  const auto gone = [&] { return thread != 0 && ::syscall(SYS_tgkill, ::getpid(), thread.load(), 0) != 0; };
  eventually([&] { return done || gone(); });
  return done;
}

TEST(Journal, AnAppendMakesNoSystemCall) {
  if (kSanitized) GTEST_SKIP();
  const Folder folder;
  const int status = in_child([&] {
    JournalOptions options = small(folder);
    options.segment_bytes = 1 << 20;
    Journals journals(options);
    Journal& journal = journals.add_worker();
    journals.start();
    const std::string record(200, 'r');
    const bool survived = survives_strict_mode([&] {
      for (int i = 0; i < 100'000; ++i) {
        while (append(journal, record) == 0) {
        }
      }
    });
    if (!survived) ::_exit(1);
    if (read_from(journals, journals.names().at(0)).records.size() != 100'000) ::_exit(2);
    ::_exit(journal.counters().segments.value() > 15 ? 0 : 3);
  });
  EXPECT_EQ(status, 0);
}

TEST(Journal, ControlASystemCallKillsInStrictMode) {
  const int status = in_child([] { ::_exit(survives_strict_mode([] { ::syscall(SYS_getppid); }) ? 1 : 0); });
  EXPECT_EQ(status, 0);
}

std::int64_t faults() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

TEST(Journal, AnAppendTakesNoPageFault) {
  if (kSanitized) GTEST_SKIP();
  const Folder folder;
  JournalOptions options = small(folder);
  options.segment_bytes = 4 << 20;
  Journals journals(options);
  Journal& journal = journals.add_worker();
  journals.start();
  const std::string record(200, 'r');
  append(journal, record);
  std::int64_t taken = 0;
  for (int segment = 0; segment < 4; ++segment) {
    ASSERT_TRUE(eventually([&] { return folder.segments().size() == static_cast<std::size_t>(segment) + 2; }));
    const std::uint64_t segments = journal.counters().segments.value();
    const std::int64_t before = faults();
    while (journal.counters().segments.value() == segments) append(journal, record);
    taken += faults() - before;
  }
  EXPECT_LE(taken, 4);  // of 4096 pages; the kernel may write some to disk meanwhile
}

TEST(Journal, ControlWritingToASegmentThatNobodyPreparedFaults) {
  const Folder folder;
  SegmentHeader header;
  header.room = (4 << 20) - kSegmentHeader;
  const SegmentPtr segment = create_segment(folder.path() + "/0-0.journal", header, false, 4096);
  const std::int64_t before = faults();
  std::memset(segment->records(), 1, header.room);
  const std::int64_t unprepared = faults() - before;
  std::memset(segment->records(), 2, header.room);
  EXPECT_GT(unprepared, 100);
  EXPECT_LT(faults() - before, 2 * unprepared);
}

}  // namespace
}  // namespace bidwell::events
