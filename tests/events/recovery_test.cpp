// After a process's death, by SIGKILL at any moment, and after damage to its files: what was published is read, whole
// and in order, and nothing else.
#include <gmock/gmock.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <random>

#include "tests/events/journals_rig.h"

namespace bidwell::events {
namespace {

using testing::append;
using testing::append_waiting;
using testing::eventually;
using testing::Folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::leave_dead_run;
using testing::Log;
using testing::number_of;
using testing::numbered;
using testing::Read;
using testing::read_file;
using testing::read_from;
using ::testing::SizeIs;
using testing::small;
using testing::write_file;

// Who adopts what is there, and has no worker of his own.
class Adopter {
 public:
  explicit Adopter(const Folder& folder)
      : journals([&] {
          JournalOptions options = small(folder, 99);
          options.log = log.writer();
          return options;
        }()),
        reader(journals.add_reader()) {
    journals.start();
  }

  // Of the only journal, from its beginning.
  Read read() {
    const std::vector<std::string> names = journals.names();
    return names.empty() ? Read() : read_from(journals, names.at(0));
  }

  Log log;
  Journals journals;
  unsigned reader;
};

// A counter that outlives the child that writes it.
class SharedCounter {
 public:
  SharedCounter() {
    void* const map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) throw std::runtime_error("mmap");
    value_ = new (map) std::atomic<std::uint64_t>(0);
  }
  ~SharedCounter() { ::munmap(value_, 4096); }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  std::atomic<std::uint64_t>* operator->() { return value_; }

 private:
  std::atomic<std::uint64_t>* value_;
};

TEST(Recovery, NothingPublishedIsLostByKill9) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    const Folder folder;
    SharedCounter published;
    const pid_t child = ::fork();
    if (child == 0) {
      JournalOptions options = small(folder);
      options.segment_bytes = 1 << 20;
      Journals journals(options);
      Journal& journal = journals.add_worker();
      journals.start();
      for (std::uint64_t n = 0;; ++n) {
        append_waiting(journal, numbered(n));
        published->store(n + 1);
      }
    }
    const std::uint64_t enough = random() % 20'000;
    eventually([&] { return published->load() >= enough; });
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    Adopter adopter(folder);
    ASSERT_EQ(adopter.journals.counters().runs_adopted.value(), 1);
    const Read read = adopter.read();
    const std::uint64_t reported = published->load();
    ASSERT_GE(read.records.size(), reported) << "round " << round;
    ASSERT_LE(read.records.size(), reported + 1) << "round " << round;
    for (std::uint64_t n = 0; n < read.records.size(); ++n) ASSERT_EQ(read.records[n], numbered(n));
    EXPECT_EQ(adopter.journals.counters().gaps.value(), 0) << adopter.log.text();
  }
}

TEST(Recovery, AFinishedRunGoesWithItsLastSegment) {
  const Folder folder;
  leave_dead_run(small(folder), 3000);
  Adopter adopter(folder);
  const std::string name = adopter.journals.names().at(0);
  const Read read = adopter.read();
  ASSERT_THAT(read.records, SizeIs(3000));
  EXPECT_EQ(adopter.journals.unread_bytes(adopter.reader), read.next);
  EXPECT_GT(folder.segments().size(), 3);
  // The first goes when it is released, not the others.
  const std::size_t before = folder.segments().size();
  adopter.journals.release(adopter.reader, name, testing::kSmallSegment);
  EXPECT_TRUE(eventually([&] { return folder.segments().size() == before - 1; }));
  EXPECT_EQ(read_from(adopter.journals, name).next, read.next);  // from what is still there
  adopter.journals.release(adopter.reader, name, read.next);
  EXPECT_TRUE(eventually([&] { return folder.runs().size() == 1; }));
  EXPECT_TRUE(eventually([&] { return adopter.journals.names().empty(); }));
  EXPECT_EQ(adopter.journals.counters().bytes.value(), 0);
}

TEST(Recovery, ARunWithoutARecordLeavesNothing) {
  const Folder folder;
  leave_dead_run(small(folder), 0);
  EXPECT_THAT(folder.segments(), SizeIs(2));
  const Adopter adopter(folder);
  EXPECT_THAT(adopter.journals.names(), IsEmpty());
  EXPECT_THAT(folder.segments(), IsEmpty());
  EXPECT_THAT(folder.runs(), SizeIs(1));  // the adopter's
}

TEST(Recovery, WhatCannotBeAdoptedKeepsBackNothingElse) {
  const Folder folder, later;
  leave_dead_run(small(folder), 10);
  leave_dead_run(small(later, 2), 10);
  const std::string lock = folder.path() + "/20000101T000000Z-0000000000000001";
  const std::string segment = folder.path() + "/20000101T000000Z-0000000000000002";
  std::filesystem::create_directories(lock + "/lock");  // nobody can open these
  std::filesystem::create_directories(segment + "/0-00000000.journal");
  Adopter adopter(folder);
  EXPECT_EQ(adopter.journals.counters().runs_adopted.value(), 1);
  EXPECT_THAT(adopter.read().records, SizeIs(10));
  // Nor later; and it is said once.
  const std::filesystem::path dead = later.runs().at(0);
  std::filesystem::rename(dead, folder.path() + "/" + dead.filename().string());
  EXPECT_TRUE(eventually([&] { return adopter.journals.counters().runs_adopted.value() == 2; }));
  for (const std::string& run : {lock, segment}) {
    const std::string text = adopter.log.text();
    const std::size_t first = text.find(run + ": a dead process's");
    ASSERT_NE(first, text.npos) << text;
    EXPECT_EQ(text.find(run + ": a dead process's", first + 1), text.npos);
  }
  // What becomes whole is adopted.
  std::filesystem::remove_all(segment + "/0-00000000.journal");
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(segment); }));
}

TEST(Recovery, ReadingFromWithinTheLastRecordEndsAtTheCut) {
  const Folder folder;
  leave_dead_run(small(folder), 64);  // the last one is long
  Adopter adopter(folder);
  const std::string name = adopter.journals.names().at(0);
  const Read whole = adopter.read();
  ASSERT_THAT(whole.records, SizeIs(64));
  for (std::uint64_t from = whole.positions.back() + 8; from < whole.next; from += 8) {
    const Read read = read_from(adopter.journals, name, from);
    ASSERT_THAT(read.records, IsEmpty());
    ASSERT_EQ(read.next, whole.next);
  }
}

TEST(Recovery, ReadingFromWithinTheLastRecordEndsAtAStopToo) {
  const Folder folder;
  Journals journals(small(folder));
  Journal& journal = journals.add_worker();
  journals.start();
  for (std::uint64_t n = 0; n < 64; ++n) append_waiting(journal, numbered(n));
  const std::string name = journals.names().at(0);
  journals.stop();
  const Read whole = read_from(journals, name);
  for (std::uint64_t from = whole.positions.back() + 8; from < whole.next; from += 8) {
    ASSERT_EQ(read_from(journals, name, from).next, whole.next);
  }
}

TEST(Recovery, WhatCannotBeRemovedStaysCountedAndIsTriedAgain) {
  const Folder folder;
  leave_dead_run(small(folder), 1000);
  const std::string name = std::filesystem::path(folder.runs().at(0)).filename().string() + "/0";
  const std::string first = folder.segments().at(0).path;
  Log log;
  JournalOptions options = small(folder, 2);
  options.log = log.writer();
  Journals journals(options);
  Journal& journal = journals.add_worker();
  const unsigned reader = journals.add_reader();
  journals.start();
  const std::uint64_t end = read_from(journals, name).next;
  std::filesystem::remove(first);
  std::filesystem::create_directory(first);  // in its place: what cannot be unlinked
  const auto failed = [&] { return log.text().find("remove it") != std::string::npos; };
  const std::uint64_t bytes = journals.counters().bytes.value();
  journals.release(reader, name, end);
  ASSERT_TRUE(eventually(failed));
  // The keeper has been there since, as it made segments.
  const std::uint64_t before = journals.counters().segments_made.value();
  ASSERT_TRUE(eventually([&] {
    append(journal, numbered(0));
    return journals.counters().segments_made.value() >= before + 3;
  }));
  const std::uint64_t made = journals.counters().segments_made.value() - before;
  EXPECT_GE(journals.counters().bytes.value(), bytes + (made - 1) * testing::kSmallSegment);
  EXPECT_THAT(journals.names(), SizeIs(2));
  const std::string text = log.text();
  EXPECT_EQ(text.find("remove it", text.find("remove it") + 1), text.npos);

  std::filesystem::remove(first);
  EXPECT_TRUE(eventually([&] { return journals.names().size() == 1; }));
  EXPECT_TRUE(eventually([&] { return folder.runs().size() == 1; }));
  EXPECT_EQ(journals.counters().runs_adopted.value(), 1);
}

// A dead run to do harm to.
class Damage : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kCount = 2000;

  void SetUp() override {
    leave_dead_run(small(folder), kCount);
    files = folder.segments();
    ASSERT_GT(files.size(), 5);
    clean = {};
    scan_journals(
        folder.path(),
        [&](std::string_view, const Journals::Record& record) {
          positions.push_back(record.position);
          clean.emplace_back(record.bytes);
        },
        nullptr);
    ASSERT_THAT(clean, SizeIs(kCount));
    room = testing::kSmallSegment - kSegmentHeader;
  }

  void change(std::size_t file, const std::function<void(std::string&)>& how) {
    std::string bytes = read_file(files[file].path);
    how(bytes);
    write_file(files[file].path, bytes);
  }

  // Each is as it was appended, in order; returns those that are missing.
  static std::vector<std::uint64_t> missing_of(const std::vector<std::string>& records) {
    std::vector<std::uint64_t> missing;
    std::uint64_t expected = 0;
    for (const std::string& record : records) {
      const std::uint64_t n = number_of(record);
      EXPECT_EQ(record, numbered(n));
      EXPECT_GE(n, expected);
      if (n < expected || n >= kCount) break;
      for (; expected < n; ++expected) missing.push_back(expected);
      ++expected;
    }
    for (; expected < kCount; ++expected) missing.push_back(expected);
    return missing;
  }

  // Those that have a byte in a range of a file.
  std::vector<std::uint64_t> within(std::size_t file, std::size_t from, std::size_t to) const {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = 0; n < kCount; ++n) {
      const std::uint64_t begin = positions[n] - file * room + kSegmentHeader;
      const std::uint64_t end = begin + 8 + clean[n].size();
      if (positions[n] / room == file && begin < to && end > from) numbers.push_back(n);
    }
    return numbers;
  }

  Folder folder;
  std::vector<SegmentFile> files;
  std::vector<std::string> clean;
  std::vector<std::uint64_t> positions;
  std::size_t room = 0;
};

TEST_F(Damage, ALostPageIsAGap) {
  change(2, [](std::string& bytes) { std::memset(bytes.data() + 8192, 0, 4096); });
  Adopter adopter(folder);
  const std::vector<std::uint64_t> expected = within(2, 8192, 8192 + 4096);
  ASSERT_THAT(expected, ::testing::Not(IsEmpty()));
  EXPECT_EQ(missing_of(adopter.read().records), expected);
  EXPECT_EQ(adopter.journals.counters().gaps.value(), 1);
  EXPECT_GE(adopter.journals.counters().gap_bytes.value(), 4000);
  EXPECT_THAT(adopter.log.text(), HasSubstr("damaged or missing"));
  // Whoever reads it again finds the same, which is counted once.
  EXPECT_EQ(missing_of(adopter.read().records), expected);
  EXPECT_EQ(adopter.journals.counters().gaps.value(), 1);
}

TEST_F(Damage, AFlippedBitCostsItsRecordAlone) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 10; ++round) {
    const std::size_t file = random() % 4;
    const std::uint64_t n = within(file, 0, testing::kSmallSegment).at(random() % 50);
    const std::size_t from = positions[n] - file * room + kSegmentHeader;
    const std::size_t at = from + random() % (8 + clean[n].size());
    change(file, [&](std::string& bytes) { bytes[at] ^= static_cast<char>(1 << random() % 8); });
    std::vector<std::string> records;
    std::uint64_t faults = 0;
    scan_journals(
        folder.path(), [&](std::string_view, const auto& record) { records.emplace_back(record.bytes); },
        [&](const JournalFault& fault) {
          ++faults;
          EXPECT_EQ(fault.file, files[file].path);
          EXPECT_EQ(fault.offset, from);
        });
    EXPECT_EQ(missing_of(records), std::vector<std::uint64_t>{n});
    EXPECT_EQ(faults, 1);
    change(file, [&](std::string& bytes) {
      std::memset(bytes.data() + at, 0, 1);
      const std::string whole = clean[n];
      const std::uint32_t head[2] = {
          static_cast<std::uint32_t>(whole.size()),
          record_crc(SegmentHeader::parse(bytes)->salt, positions[n], whole.data(), whole.size())};
      std::memcpy(bytes.data() + from, head, 8);
      std::memcpy(bytes.data() + from + 8, whole.data(), whole.size());
    });
  }
}

TEST_F(Damage, AHeaderIsNotNeededWhereAnotherIsThere) {
  change(1, [](std::string& bytes) { std::memset(bytes.data(), 0, 64); });
  change(0, [](std::string& bytes) { bytes[20] ^= 1; });
  Adopter adopter(folder);
  EXPECT_THAT(missing_of(adopter.read().records), IsEmpty());
  EXPECT_THAT(adopter.log.text(), HasSubstr("header is damaged"));
}

TEST_F(Damage, WithoutAnyHeaderTheFilesAreLeftAsTheyAre) {
  std::size_t written = 0;  // the last may have been made and not yet used
  for (std::size_t i = 0; i < files.size(); ++i) {
    change(i, [&](std::string& bytes) {
      std::memset(bytes.data(), 0, 64);
      written += bytes.find_first_not_of('\0') != std::string::npos;
    });
  }
  {
    Adopter adopter(folder);
    EXPECT_THAT(adopter.read().records, IsEmpty());
    EXPECT_THAT(adopter.log.text(), HasSubstr("left as it is"));
  }
  EXPECT_THAT(folder.segments(), SizeIs(written));
}

TEST_F(Damage, WhatNeverReachedTheDiskIsRemoved) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    change(i, [](std::string& bytes) { bytes.assign(bytes.size(), '\0'); });
  }
  Adopter adopter(folder);
  EXPECT_THAT(adopter.journals.names(), IsEmpty());
  EXPECT_THAT(folder.segments(), IsEmpty());
  EXPECT_THAT(folder.runs(), SizeIs(1));  // the adopter's
  EXPECT_EQ(adopter.journals.counters().bytes.value(), 0);
}

TEST_F(Damage, AMissingSegmentIsAGap) {
  std::filesystem::remove(files[1].path);
  std::filesystem::remove(files[2].path);
  Adopter adopter(folder);
  std::vector<std::uint64_t> expected = within(1, 0, testing::kSmallSegment);
  for (const std::uint64_t n : within(2, 0, testing::kSmallSegment)) expected.push_back(n);
  EXPECT_EQ(missing_of(adopter.read().records), expected);
  EXPECT_EQ(adopter.journals.counters().gaps.value(), 1);
  EXPECT_EQ(adopter.journals.counters().gap_bytes.value(), 2 * room);
}

TEST_F(Damage, AFileCutShortLosesWhatItLost) {
  for (const std::size_t size : {std::size_t{100'000}, std::size_t{50'001}, std::size_t{64}, std::size_t{10}}) {
    std::filesystem::resize_file(files[3].path, size);
    std::vector<std::string> records;
    scan_journals(
        folder.path(), [&](std::string_view, const auto& record) { records.emplace_back(record.bytes); }, nullptr);
    EXPECT_EQ(missing_of(records), within(3, size / 8 * 8, testing::kSmallSegment)) << size;
  }
  Adopter adopter(folder);
  EXPECT_EQ(missing_of(adopter.read().records), within(3, 0, testing::kSmallSegment));
}

TEST_F(Damage, ATornTailIsCutAndAllBeforeItKept) {
  std::size_t last = files.size() - 1;
  while (within(last, 0, testing::kSmallSegment).empty()) --last;
  const std::uint64_t end = positions.back() + 8 + (clean.back().size() + 7) / 8 * 8;
  const std::size_t at = end - last * room + kSegmentHeader;
  change(last, [&](std::string& bytes) {
    ASSERT_LT(at + 100, bytes.size());
    std::memset(bytes.data() + at + 4, 'x', 96);  // a record whose length is still to come
  });
  std::uint64_t faults = 0;
  scan_journals(folder.path(), nullptr, [&](const JournalFault&) { ++faults; });
  EXPECT_EQ(faults, 0);
  {
    Adopter adopter(folder);
    const Read read = adopter.read();
    EXPECT_THAT(missing_of(read.records), IsEmpty());
    EXPECT_EQ(read.next, end);
    EXPECT_THAT(adopter.log.text(), HasSubstr("cut 100 bytes"));
    EXPECT_EQ(adopter.journals.counters().gaps.value(), 0);
    EXPECT_LE(std::filesystem::file_size(files[last].path), at + 8 + 4096);
  }
  // The adopter was stopped before it was read: the next one finds the same.
  Adopter next(folder);
  EXPECT_THAT(missing_of(next.read().records), IsEmpty());
  EXPECT_THAT(next.log.text(), ::testing::Not(HasSubstr("cut")));
}

TEST_F(Damage, AnyDamageLeavesOnlyGoodRecords) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 30; ++round) {
    const std::size_t file = random() % files.size();
    change(file, [&](std::string& bytes) {
      const std::size_t from = random() % bytes.size();
      const std::size_t size = std::min(bytes.size() - from, std::size_t{1} << random() % 14);
      for (std::size_t i = from; i < from + size; ++i) bytes[i] = static_cast<char>(random());
    });
    std::vector<std::string> records;
    scan_journals(
        folder.path(), [&](std::string_view, const auto& record) { records.emplace_back(record.bytes); }, nullptr);
    missing_of(records);
  }
  Adopter adopter(folder);
  missing_of(adopter.read().records);
}

}  // namespace
}  // namespace bidwell::events
