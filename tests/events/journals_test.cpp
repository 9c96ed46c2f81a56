// The journals of a process: their allowance, their readers, what is on disk, and neighbours in the same folder.
#include "bidwell/events/journals.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>

#include "tests/events/journals_rig.h"

namespace bidwell::events {
namespace {

using testing::append;
using testing::append_waiting;
using testing::eventually;
using testing::Folder;
using ::testing::HasSubstr;
using testing::in_child;
using ::testing::IsEmpty;
using testing::leave_dead_run;
using testing::Log;
using testing::numbered;
using testing::Read;
using testing::read_from;
using ::testing::SizeIs;
using testing::small;

constexpr auto kBid = Journal::Priority::bid;
constexpr auto kNotice = Journal::Priority::notice;

TEST(Journals, WhatCannotBeUsedIsRefusedByName) {
  const Folder folder;
  const auto fault_of = [](const JournalOptions& options, unsigned workers) -> std::string {
    try {
      Journals journals(options);
      for (unsigned i = 0; i < workers; ++i) journals.add_worker();
      journals.start();
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  JournalOptions options = small(folder);
  options.directory = "/proc/nothing";
  EXPECT_THAT(fault_of(options, 1), HasSubstr("/proc/nothing"));
  testing::write_file(folder.path() + "/file", "x");
  options.directory = folder.path() + "/file";
  EXPECT_THAT(fault_of(options, 1), HasSubstr("/file"));
  options = small(folder);
  options.segment_bytes = 1000;
  EXPECT_THAT(fault_of(options, 1), HasSubstr("1000 bytes"));
  options = small(folder);
  options.allowance_bytes = 1 << 20;
  EXPECT_THAT(fault_of(options, 16), HasSubstr("too little"));
  options = small(folder);
  options.notice_share = 1;
  EXPECT_THAT(fault_of(options, 1), HasSubstr("share"));
}

TEST(Journals, SegmentsAreSmallerWhereTheAllowanceHoldsFew) {
  const Folder folder;
  JournalOptions options = small(folder);
  options.segment_bytes = 16 << 20;
  options.allowance_bytes = 16 << 20;
  Journals journals(options);
  for (int i = 0; i < 4; ++i) journals.add_worker();
  journals.start();
  EXPECT_THAT(journals.names(), SizeIs(4));
  EXPECT_LE(journals.counters().bytes.value(), options.allowance_bytes / 2);
}

TEST(Journals, EachSegmentStaysUntilEveryReaderReleasedIt) {
  const Folder folder;
  Journals journals(small(folder));
  Journal& journal = journals.add_worker();
  const unsigned slow = journals.add_reader(), fast = journals.add_reader();
  journals.start();
  const std::string name = journals.names().at(0);
  std::uint64_t end = 0;
  for (std::uint64_t n = 0; n < 2000; ++n) end = append_waiting(journal, numbered(n));
  const std::size_t made = journals.counters().segments_made.value();
  journals.release(fast, name, end);
  std::vector<Journals::Record> held;
  journals.read(name, 0, 1 << 30, held);
  // Both see that the keeper has been there since, by a segment it makes.
  const auto segments = journal.counters().segments.value();
  while (journal.counters().segments.value() < segments + 2) append_waiting(journal, numbered(0));
  EXPECT_EQ(journals.counters().segments_removed.value(), 0);
  EXPECT_EQ(read_from(journals, name).records.at(0), numbered(0));
  for (std::uint64_t n = 0; n < held.size(); ++n) ASSERT_EQ(held[n].bytes, numbered(n));
  held.clear();
  journals.release(slow, name, end);
  EXPECT_TRUE(eventually([&] { return journals.counters().segments_removed.value() >= made - 2; }));
  EXPECT_GT(read_from(journals, name).positions.at(0), 0);  // goes on behind what is gone
  EXPECT_GT(journals.unread_bytes(slow), 0);
}

TEST(Journals, OfAFullAllowanceNoticesHaveTheLast) {
  const Folder folder;
  Log log;
  JournalOptions options = small(folder);
  options.allowance_bytes = 10 * testing::kSmallSegment;
  options.notice_share = 0.3;
  options.log = log.writer();
  Journals journals(options);
  Journal& journal = journals.add_worker();
  const unsigned reader = journals.add_reader();
  journals.start();
  const std::string name = journals.names().at(0);
  const std::string record(1000, 'r');
  // A worker that finds no room comes again with the next request.
  const auto fill = [&](Journal::Priority priority, const Counter& refused) {
    std::uint64_t appended = 0;
    const std::uint64_t before = refused.value();
    const auto full = [&] {
      return priority == kBid ? journals.counters().bytes.value() >= 8 * testing::kSmallSegment
                              : journals.counters().segments_failed.value() > 0;
    };
    eventually([&] {
      while (append(journal, record, priority) != 0) ++appended;
      return full() && refused.value() > before + 2;
    });
    return appended;
  };
  const std::uint64_t bids = fill(kBid, journal.counters().bids_dropped);
  EXPECT_GT(bids, 5 * 120);
  EXPECT_EQ(journal.counters().notices_refused.value(), 0);
  const std::uint64_t notices = fill(kNotice, journal.counters().notices_refused);
  EXPECT_GT(notices, 100);
  EXPECT_GT(journal.counters().bids_dropped.value(), 0);
  EXPECT_GT(journal.counters().notices_refused.value(), 0);
  EXPECT_LE(journals.counters().bytes.value(), options.allowance_bytes);
  EXPECT_THAT(log.text(), HasSubstr("allowance is used up"));

  const Read read = read_from(journals, name);
  EXPECT_EQ(read.records.size(), bids + notices);
  EXPECT_EQ(journal.counters().records.value(), bids + notices);
  journals.release(reader, name, read.next);
  EXPECT_TRUE(eventually([&] { return append(journal, record, kBid) != 0; }));
  EXPECT_NE(append(journal, record, kNotice), 0);
  EXPECT_THAT(log.text(), HasSubstr("has room again"));
}

TEST(Journals, AFullDiskRefusesAndRecovers) {
  const Folder folder;
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    Log log;
    JournalOptions options = small(folder);
    options.log = log.writer();
    Journals journals(options);
    Journal& journal = journals.add_worker();
    journals.start();
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit tight{1000, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);  // stands for the full disk
    std::uint64_t n = 0;
    if (!eventually([&] {
          while (append(journal, numbered(n)) != 0) ++n;
          return journals.counters().segments_failed.value() >= 2 && journal.counters().notices_refused.value() > 0;
        })) {
      ::_exit(1);
    }
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 1000; ++i, ++n) {
      if (append_waiting(journal, numbered(n)) == 0) ::_exit(2);
    }
    const Read read = read_from(journals, journals.names().at(0));
    if (read.records.size() != n) ::_exit(3);
    for (std::uint64_t i = 0; i < n; ++i) {
      if (read.records[i] != numbered(i)) ::_exit(4);
    }
    const std::string text = log.text();
    const std::size_t first = text.find("no new segment");
    if (first == text.npos || text.find("no new segment", first + 1) != text.npos) ::_exit(5);  // said once
    ::_exit(text.find("can be made again") == text.npos ? 6 : 0);
  });
  EXPECT_EQ(status >> 8, 0);
  EXPECT_EQ(status, 0);
}

TEST(Journals, ADiskThatIsFullAtTheStartKeepsNobodyFromReading) {
  const Folder folder;
  leave_dead_run(small(folder), 10);
  const std::string dead = std::filesystem::path(folder.runs().at(0)).filename().string() + "/0";
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit tight{64 * 1024, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);  // stands for the full disk
    Log log;
    JournalOptions options = small(folder, 2);
    options.log = log.writer();
    Journals journals(options);
    Journal& one = journals.add_worker();
    Journal& two = journals.add_worker();
    try {
      journals.start();
    } catch (const std::exception&) {
      ::_exit(1);
    }
    if (read_from(journals, dead).records.size() != 10) ::_exit(2);
    if (append(one, "bid", kBid) != 0 || append(two, "notice", kNotice) != 0) ::_exit(3);
    if (one.counters().bids_dropped.value() != 1 || two.counters().notices_refused.value() != 1) ::_exit(4);
    if (log.text().find("no new segment") == std::string::npos) ::_exit(5);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (append_waiting(one, "late") == 0 || append_waiting(two, "late") == 0) ::_exit(6);
    ::_exit(one.counters().records.value() == 1 ? 0 : 7);
  });
  EXPECT_EQ(status >> 8, 0);
  EXPECT_EQ(status, 0);
}

TEST(Journals, ASegmentTakesNoDescriptorButItsOwn) {
  const Folder folder;
  const int status = in_child([&] {
    JournalOptions options = small(folder);
    options.fsync = Fsync::interval;
    Journals journals(options);
    Journal& journal = journals.add_worker();
    journals.start();
    const rlimit few{64, 64};
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::vector<int> clients;
    for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) clients.push_back(fd);
    ::close(clients.back());
    clients.pop_back();
    const std::uint64_t made = journals.counters().segments_made.value();
    // Until the last descriptor is used up.
    if (!eventually(
            [&] { return append(journal, std::string(1000, 'r')), journals.counters().segments_failed.value() > 0; })) {
      ::_exit(1);
    }
    if (journals.counters().segments_made.value() != made + 1) ::_exit(2);
    for (const int fd : clients) ::close(fd);
    if (!eventually([&] { return journals.counters().segments_made.value() > made + 1; })) ::_exit(3);
    ::_exit(append_waiting(journal, "late") != 0 ? 0 : 4);
  });
  EXPECT_EQ(status >> 8, 0);
  EXPECT_EQ(status, 0);
}

TEST(Journals, TheKeeperOutlivesAnError) {
  const Folder folder;
  Log log;
  JournalOptions options = small(folder);
  options.allowance_bytes = 8 * testing::kSmallSegment;
  options.log = [&log, write = log.writer()](const std::string& line) {
    if (line.find("allowance is used up") != line.npos) throw std::runtime_error("the log is full");
    write(line);
  };
  Journals journals(options);
  Journal& journal = journals.add_worker();
  const unsigned reader = journals.add_reader();
  journals.start();
  const std::string name = journals.names().at(0);
  const std::string record(1000, 'r');
  ASSERT_TRUE(eventually([&] {
    while (append(journal, record) != 0) {
    }
    return journals.counters().keeper_failures.value() > 0;
  }));
  journals.release(reader, name, read_from(journals, name).next);
  EXPECT_NE(append_waiting(journal, record), 0);
  EXPECT_THAT(log.text(), HasSubstr("the log is full"));
  EXPECT_TRUE(eventually([&] { return log.text().find("keeper works again") != std::string::npos; }));
}

TEST(Journals, WithFsyncAlwaysDurableFollows) {
  const Folder folder;
  std::atomic<unsigned> told{0};
  std::atomic<unsigned> who{99};
  JournalOptions options = small(folder);
  options.fsync = Fsync::always;
  options.on_durable = [&](unsigned worker) {
    who = worker;
    ++told;
  };
  Journals journals(options);
  journals.add_worker();
  Journal& journal = journals.add_worker();
  journals.start();
  EXPECT_EQ(journal.durable(), 0);
  std::uint64_t end = 0;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    end = append_waiting(journal, numbered(n));
    EXPECT_LE(journal.durable(), end);
  }
  EXPECT_TRUE(eventually([&] { return journal.durable() == end; }));
  EXPECT_TRUE(eventually([&] { return told > 0; }));
  EXPECT_EQ(who, 1);
  EXPECT_GT(journals.counters().syncs.value(), 0);
  EXPECT_EQ(journals.counters().sync_failures.value(), 0);
}

TEST(Journals, AStopWritesWhatTheIntervalHadNot) {
  const Folder folder;
  JournalOptions options = small(folder);
  options.fsync = Fsync::interval;
  options.fsync_interval = std::chrono::hours(1);
  Journals journals(options);
  Journal& journal = journals.add_worker();
  journals.start();
  const std::uint64_t end = append(journal, "one");
  journals.stop();
  EXPECT_EQ(journal.durable(), end);
  EXPECT_EQ(append(journal, "late"), 0);
}

TEST(Journals, ACleanStopLeavesNothingThatWasReleased) {
  const Folder folder;
  {
    Journals journals(small(folder));
    Journal& journal = journals.add_worker();
    journals.add_worker();
    const unsigned reader = journals.add_reader();
    journals.start();
    for (std::uint64_t n = 0; n < 1000; ++n) append_waiting(journal, numbered(n));
    const Read read = read_from(journals, journals.names().at(0));
    journals.release(reader, journals.names().at(0), read.next);
    journals.stop();
    EXPECT_EQ(journals.counters().bytes.value(), 0);
  }
  EXPECT_THAT(folder.runs(), IsEmpty());
}

TEST(Journals, WhatWasNotReleasedIsThereForTheNextRun) {
  const Folder folder;
  std::string name;
  {
    Journals journals(small(folder));
    Journal& journal = journals.add_worker();
    const unsigned reader = journals.add_reader();
    journals.start();
    name = journals.names().at(0);
    std::uint64_t middle = 0;
    for (std::uint64_t n = 0; n < 1000; ++n) {
      const std::uint64_t end = append_waiting(journal, numbered(n));
      if (n == 499) middle = end;
    }
    journals.release(reader, name, middle);
    journals.stop();
    EXPECT_EQ(read_from(journals, name, middle).records.size(), 500);  // still readable after it
    EXPECT_LT(std::filesystem::file_size(folder.segments().back().path), testing::kSmallSegment);
  }
  JournalOptions options = small(folder, 2);
  Journals next(options);
  next.start();
  const std::vector<std::string> records = read_from(next, name).records;
  ASSERT_GE(records.size(), 500);
  EXPECT_EQ(records.back(), numbered(999));
}

TEST(Journals, NeighboursShareAFolderAndAdoptTheDead) {
  const Folder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t third = ::fork();
  if (third == 0) {
    Journals journals(small(folder, 3));
    Journal& journal = journals.add_worker();
    journals.start();
    for (std::uint64_t n = 0; n < 300; ++n) append_waiting(journal, numbered(n));
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);

  Journals one(small(folder, 1));
  one.add_worker();
  one.start();
  Journals two(small(folder, 1));  // the same random number in the same second, and yet a name of its own
  two.add_worker();
  two.start();
  EXPECT_THAT(one.names(), SizeIs(1));
  EXPECT_THAT(two.names(), SizeIs(1));
  EXPECT_NE(one.names(), two.names());

  // The third one dies while they live: one of them takes what it left, and one alone.
  ::kill(third, SIGKILL);
  ::waitpid(third, nullptr, 0);
  const auto adopted = [&] { return one.counters().runs_adopted.value() + two.counters().runs_adopted.value(); };
  ASSERT_TRUE(eventually([&] { return adopted() == 1; }));
  const Journals& heir = one.counters().runs_adopted.value() == 1 ? one : two;
  ASSERT_THAT(heir.names(), SizeIs(2));
  std::vector<std::string> records;
  for (const std::string& name : heir.names()) {
    for (std::string& record : read_from(heir, name).records) records.push_back(std::move(record));
  }
  ASSERT_THAT(records, SizeIs(300));
  for (std::uint64_t n = 0; n < 300; ++n) EXPECT_EQ(records[n], numbered(n));
  EXPECT_EQ(adopted(), 1);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Journals, AForeignFolderIsLeftAlone) {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/lost+found");
  std::filesystem::create_directory(folder.path() + "/.20260102T030405Z-00000000000000aa");  // its maker died
  Journals journals(small(folder));
  journals.start();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/lost+found"));
  EXPECT_THAT(folder.runs(), SizeIs(2));
}

}  // namespace
}  // namespace bidwell::events
