// The local profile file: written, looked up, replaced under a running reader; and one with a fault is refused.
#include "bidwell/profile/file.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <random>

#include "profile/file_writer.h"
#include "tests/profile/folder.h"

namespace bidwell::profile {
namespace {

using cache::Key;
using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::read_all;
using testing::write_all;

void write_file(const std::string& path, const std::map<Key, std::string>& rows) {
  FileWriter writer(path);
  for (const auto& [key, bytes] : rows) writer.put(key, bytes);
  ASSERT_EQ(writer.finish(), rows.size());
}

std::string fault_of(const std::string& path) {
  try {
    const MappedFile file(path);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// Waits for the answer.
std::vector<cache::Loaded> load(FileOrigin& origin, const std::vector<Key>& keys) {
  std::vector<cache::Slot> slots;
  for (const Key& key : keys) slots.push_back({0, key});
  std::promise<std::vector<cache::Loaded>> answer;
  origin.load(std::move(slots), [&](std::vector<cache::Loaded> loaded) { answer.set_value(std::move(loaded)); });
  return answer.get_future().get();
}

TEST(ProfileFile, FindsWhatWasPutAndNothingElse) {
  const Folder folder;
  std::mt19937_64 random(1);
  for (const std::size_t count : {0, 1, 2, 3, 17, 1000, 20'000}) {
    std::map<Key, std::string> rows;
    while (rows.size() < count) rows[{random(), random()}] = std::string(random() % 50, static_cast<char>(random()));
    write_file(folder / "p", rows);
    const MappedFile file(folder / "p");
    EXPECT_EQ(file.index().size(), count);
    for (const auto& [key, bytes] : rows) {
      ASSERT_EQ(file.find(key), bytes);
      ASSERT_EQ(file.find({key.high, key.low + 1}), std::nullopt);
    }
    for (const Key& key : {Key{0, 0}, Key{~0ULL, ~0ULL}, Key{1ULL << 63, 0}}) EXPECT_EQ(file.find(key), std::nullopt);
  }
}

// The search begins where an even spread would have the key, and must find it however uneven they are.
TEST(ProfileFile, FindsKeysThatAreNotSpreadEvenly) {
  const Folder folder;
  std::map<Key, std::string> rows;
  for (std::uint64_t i = 0; i < 500; ++i) rows[{0, i}] = "low";
  for (std::uint64_t i = 0; i < 500; ++i) rows[{~0ULL, i}] = "high";
  for (std::uint64_t i = 0; i < 500; ++i) rows[{1ULL << 40, i * i}] = "middle";
  write_file(folder / "p", rows);
  const MappedFile file(folder / "p");
  for (const auto& [key, bytes] : rows) EXPECT_EQ(file.find(key), bytes);
  EXPECT_EQ(file.find({0, 500}), std::nullopt);
  EXPECT_EQ(file.find({5, 5}), std::nullopt);
}

TEST(ProfileFile, TheLastRowOfAKeyCounts) {
  const Folder folder;
  FileWriter writer(folder / "p");
  writer.put({1, 1}, "first");
  writer.put({2, 2}, "other");
  writer.put({1, 1}, "second");
  EXPECT_EQ(writer.finish(), 2U);
  const MappedFile file(folder / "p");
  EXPECT_EQ(file.find({1, 1}), "second");
  EXPECT_EQ(file.find({2, 2}), "other");
}

TEST(ProfileFile, MergesAnother) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "old"}, {{2, 2}, "stays"}});
  {
    const MappedFile old(folder / "p");
    FileWriter writer(folder / "p");
    writer.merge(old);
    writer.put({1, 1}, "new");
    writer.put({3, 3}, "added");
    EXPECT_EQ(writer.finish(), 3U);
    EXPECT_EQ(old.find({1, 1}), "old") << "a reader keeps what it has";
  }
  const MappedFile file(folder / "p");
  EXPECT_EQ(file.find({1, 1}), "new");
  EXPECT_EQ(file.find({2, 2}), "stays");
  EXPECT_EQ(file.find({3, 3}), "added");
}

TEST(ProfileFile, AWriterThatDoesNotFinishLeavesNothing) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "old"}});
  { FileWriter(folder / "p").put({1, 1}, "new"); }
  EXPECT_EQ(MappedFile(folder / "p").find({1, 1}), "old");
  EXPECT_THAT(folder.names(), ElementsAre("p"));
  EXPECT_THROW(FileWriter(folder / "none/p"), std::runtime_error);
}

TEST(ProfileFile, RefusesWhatIsNoneOfItsOwn) {
  const Folder folder;
  EXPECT_THAT(fault_of(folder / "none"), HasSubstr("No such file"));
  EXPECT_THAT(fault_of(folder / ""), HasSubstr("not a regular file"));
  write_all(folder / "p", "");
  EXPECT_THAT(fault_of(folder / "p"), HasSubstr("too short"));
  write_all(folder / "p", std::string(1000, 'x'));
  EXPECT_THAT(fault_of(folder / "p"), HasSubstr("not a profile file"));
  write_file(folder / "p", {{{1, 1}, "x"}});
  std::string bytes = read_all(folder / "p");
  bytes[8] = 2;
  write_all(folder / "p", bytes);
  EXPECT_THAT(fault_of(folder / "p"), HasSubstr("has format 2"));
}

TEST(ProfileFile, RefusesEveryTruncationAndEveryChangeOfHeaderOrIndex) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "seven"}, {{2, 2}, "bytes or so"}, {{9, 9}, "x"}});
  const std::string bytes = read_all(folder / "p");
  ASSERT_EQ(fault_of(folder / "p"), "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_all(folder / "p", bytes.substr(0, size));
    EXPECT_NE(fault_of(folder / "p"), "") << size;
  }
  write_all(folder / "p", bytes + "x");
  EXPECT_NE(fault_of(folder / "p"), "") << "too long";
  const std::size_t index = bytes.size() - 3 * sizeof(FileEntry);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at >= 40 && at < index) continue;  // reserved, and data, which checks itself
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write_all(folder / "p", changed);
    EXPECT_NE(fault_of(folder / "p"), "") << at;
  }
}

// As somebody might write who knows the checksum.
TEST(ProfileFile, AnEntryThatPointsOutOfTheFileIsNotFound) {
  const Folder folder;
  FileHeader header;
  const FileEntry index[] = {{{1, 1}, 8ULL << 24 | 1}, {{2, 2}, 0ULL << 24 | 9}, {{3, 3}, ~0ULL}, {{4, 4}, 0 | 8}};
  header.count = 4;
  header.data_bytes = 8;
  header.checksum = checksum_of(header, index);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += "datadata";
  bytes.append(reinterpret_cast<const char*>(index), sizeof index);
  write_all(folder / "p", bytes);
  const MappedFile file(folder / "p");
  for (const std::uint64_t i : {1, 2, 3}) EXPECT_EQ(file.find({i, i}), std::nullopt) << i;
  EXPECT_EQ(file.find({4, 4}), "datadata");
}

TEST(FileOrigin, AnswersInTheOrderOfTheSlots) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "one"}, {{2, 2}, "two"}});
  FileOrigin origin(folder / "p");
  EXPECT_EQ(origin.profiles(), 2U);
  const auto loaded = load(origin, {{2, 2}, {7, 7}, {1, 1}});
  ASSERT_EQ(loaded.size(), 3U);
  EXPECT_EQ(loaded[0].bytes, "two");
  EXPECT_FALSE(loaded[1].found);
  EXPECT_EQ(loaded[2].bytes, "one");
  EXPECT_TRUE(loaded[2].found);
  EXPECT_EQ(origin.counters().keys.value(), 3U);
  EXPECT_EQ(origin.counters().found.value(), 2U);
}

TEST(FileOrigin, TakesANewFile) {
  const Folder folder;
  FileOrigin origin(folder / "p");
  std::string fault;
  EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U) << "no file: it cannot be asked";
  EXPECT_EQ(origin.counters().failures.value(), 1U);
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::unchanged);

  write_file(folder / "p", {{{1, 1}, "one"}});
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::taken);
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::unchanged);
  EXPECT_EQ(load(origin, {{1, 1}}).at(0).bytes, "one");

  write_file(folder / "p", {{{1, 1}, "two"}});
  EXPECT_EQ(load(origin, {{1, 1}}).at(0).bytes, "two") << "an old one is not asked once more";
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::taken) << "it was, meanwhile";
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::unchanged);

  write_all(folder / "bad", "nonsense");
  std::filesystem::rename(folder / "bad", folder / "p");
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::refused);
  EXPECT_THAT(fault, HasSubstr("too short"));
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::unchanged) << "reported once";
  EXPECT_EQ(load(origin, {{1, 1}}).at(0).bytes, "two") << "the good one stays";

  std::filesystem::remove(folder / "p");
  EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::refused);
  EXPECT_THAT(fault, HasSubstr("is gone"));
  EXPECT_EQ(load(origin, {{1, 1}}).at(0).bytes, "two");
}

TEST(FileOrigin, AFileThatIsNotThereMayMeanThatNobodyIsKnown) {
  const Folder folder;
  FileOrigin unanswered(folder / "p"), empty(folder / "p", FileOrigin::Missing::empty);
  EXPECT_EQ(load(unanswered, {{1, 1}}).size(), 0U);
  ASSERT_EQ(load(empty, {{1, 1}}).size(), 1U);
  EXPECT_FALSE(load(empty, {{1, 1}}).at(0).found);
  write_file(folder / "p", {{{1, 1}, "one"}});
  EXPECT_EQ(load(unanswered, {{1, 1}}).at(0).bytes, "one");
  EXPECT_EQ(load(empty, {{1, 1}}).at(0).bytes, "one");
}

TEST(FileOrigin, RefusesABadFileAtTheStart) {
  const Folder folder;
  write_all(folder / "p", std::string(100, 'x'));
  EXPECT_THROW(FileOrigin(folder / "p"), std::runtime_error);
}

// Touching what was cut off a mapped file would kill the process.
TEST(FileOrigin, AFileCutShortInPlaceIsNotAskedAnyMore) {
  const Folder folder;
  std::map<Key, std::string> rows;
  for (std::uint64_t i = 0; i < 3000; ++i) rows[{i << 52, i}] = "profile";
  write_file(folder / "p", rows);
  FileOrigin origin(folder / "p");
  ASSERT_EQ(load(origin, {{1ULL << 52, 1}}).size(), 1U);
  std::filesystem::resize_file(folder / "p", 0);
  EXPECT_EQ(load(origin, {{2ULL << 52, 2}}).size(), 0U);
  EXPECT_EQ(origin.counters().failures.value(), 1U);
}

TEST(FileOrigin, RefusesMoreThanItsQueueHolds) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "one"}});
  FileOrigin origin(folder / "p", FileOrigin::Missing::unanswered, 2);
  std::promise<void> begun, hold;
  origin.load({{0, {1, 1}}}, [&](auto) {
    begun.set_value();
    hold.get_future().wait();
  });
  begun.get_future().wait();  // the thread is busy; two may wait
  std::promise<std::size_t> first, second;
  origin.load({{0, {1, 1}}}, [&](auto loaded) { first.set_value(loaded.size()); });
  origin.load({{0, {1, 1}}}, [&](auto loaded) { second.set_value(loaded.size()); });
  std::optional<std::size_t> third;
  origin.load({{0, {1, 1}}}, [&](auto loaded) { third = loaded.size(); });
  EXPECT_EQ(third, 0U) << "answered inside the call";
  EXPECT_EQ(origin.refused(), 1U);
  EXPECT_EQ(origin.waiting(), 2U);
  hold.set_value();
  EXPECT_EQ(first.get_future().get(), 1U);
  EXPECT_EQ(second.get_future().get(), 1U);
}

TEST(FileOrigin, AnswersWhatWaitsAtItsEnd) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "one"}});
  std::promise<void> begun, hold;
  std::atomic<int> answers = 0;
  {
    FileOrigin origin(folder / "p");
    origin.load({{0, {1, 1}}}, [&](auto) {
      begun.set_value();
      hold.get_future().wait();
      ++answers;
    });
    begun.get_future().wait();
    origin.load({{0, {1, 1}}}, [&](auto) { ++answers; });
    hold.set_value();
  }
  EXPECT_EQ(answers, 2);
}

// Readers and a writer that replaces the file all the while: each answer is of one of the files.
TEST(FileOrigin, ReplacedUnderLoad) {
  const Folder folder;
  write_file(folder / "p", {{{1, 1}, "0"}});
  FileOrigin origin(folder / "p");
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    int highest = 0;
    while (!stop) {
      const auto loaded = load(origin, {{1, 1}});
      ASSERT_EQ(loaded.size(), 1U);
      const int now = std::stoi(loaded[0].bytes);
      ASSERT_GE(now, highest);
      highest = now;
    }
  });
  std::string fault;
  for (int i = 1; i <= 50; ++i) {
    write_file(folder / "p", {{{1, 1}, std::to_string(i)}});
    EXPECT_EQ(origin.reload_if_changed(fault), FileOrigin::Reload::taken) << fault;
  }
  stop = true;
  reader.join();
  EXPECT_EQ(load(origin, {{1, 1}}).at(0).bytes, "50");
}

}  // namespace
}  // namespace bidwell::profile
