// The NDJSON sink: layout, rotation, compression, repeats, what is set aside, failures, and several writers.
#include "bidwell/events/ndjson.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "events/repeats.h"
#include "tests/events/ndjson_reader.h"

namespace bidwell::events {
namespace {

using namespace std::chrono_literals;
using testing::count_events;
using ::testing::ElementsAre;
using testing::expect_each_once;
using testing::Folder;
using ::testing::HasSubstr;
using testing::lines_of;
using testing::MadeUpJournals;
using testing::visible_files;
namespace fs = std::filesystem;

const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1'795'000'000));

NdjsonSinkOptions options_of(const Folder& folder, const std::string& writer = "w") {
  NdjsonSinkOptions options;
  options.directory = folder.path();
  options.writer = writer;
  return options;
}

Event event_of(Kind kind, std::uint8_t bid, std::int64_t at_us = 0) {
  Event event;
  event.kind = kind;
  event.at_us = at_us;
  event.bid_id[11] = bid;
  event.auction_id = "1";
  return event;
}

// A batch of one journal, "run/0".
Batch batch_of(std::uint64_t from, std::uint64_t to, const std::vector<Event>& events) {
  Batch batch;
  for (const Event& event : events) batch.rows.push_back({event, "bytes", from, 0});
  batch.advances.push_back({"run/0", from, to});
  return batch;
}

const std::vector<std::string> kJournal{"run/0"};

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

// The same while the folder of writer "w" is somewhere else.
std::string error_while_away(const Folder& folder, const std::function<void()>& call) {
  const fs::path own = folder.path() / "_ndjson/w", away = folder.path() / "away";
  fs::rename(own, away);
  std::string error = error_of(call);
  fs::rename(away, own);
  return error;
}

std::size_t writer_folders(const Folder& folder) {
  const auto is_folder = [](const auto& entry) { return entry.is_directory(); };
  return static_cast<std::size_t>(std::count_if(fs::directory_iterator(folder.path() / "_ndjson"), {}, is_folder));
}

// A writer that stores the position 10 of "run/0", at that time, and ends.
void leave_position(const Folder& folder, const std::string& writer, std::chrono::system_clock::time_point now) {
  NdjsonSink sink(options_of(folder, writer));
  sink.positions(kJournal);
  sink.tend(now);
  sink.take(batch_of(0, 10, {event_of(Kind::bid, 1)}));
  sink.finish();
}

TEST(NdjsonSink, FilesStandInTheFoldersOfTheirHours) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(0));
  sink.take(batch_of(0, 50,
                     {event_of(Kind::bid, 1, 3'599'999'999), event_of(Kind::win, 1, 3'600'000'000),
                      event_of(Kind::bid, 2, 0), event_of(Kind::bid, 3, 951'868'799'000'000)}));
  EXPECT_TRUE(visible_files(folder.path()).empty());
  EXPECT_EQ(sink.stored("run/0"), 0U);
  EXPECT_EQ(sink.counters().rows.value(), 0U);
  sink.finish();
  EXPECT_EQ(sink.stored("run/0"), 50U);
  std::map<std::string, std::size_t> lines;
  for (const auto& [path, text] : visible_files(folder.path())) {
    EXPECT_TRUE(path.ends_with(".ndjson")) << path;
    EXPECT_TRUE(fs::path(path).filename().string().starts_with("w-")) << path;
    lines[fs::path(path).parent_path()] = lines_of(text).size();
  }
  EXPECT_THAT(lines, ElementsAre(std::pair("dt=1970-01-01/hour=00", 2), std::pair("dt=1970-01-01/hour=01", 1),
                                 std::pair("dt=2000-02-29/hour=23", 1)));
  EXPECT_EQ(sink.counters().rows.value(), 4U);
  EXPECT_EQ(sink.counters().files.value(), 3U);
}

TEST(NdjsonSink, FilesAreFinishedByAge) {
  const Folder folder;
  auto options = options_of(folder);
  options.file_age = 60s;
  NdjsonSink sink(options);
  sink.positions(kJournal);
  sink.tend(kNow);
  sink.take(batch_of(0, 10, {event_of(Kind::bid, 1)}));
  sink.tend(kNow + 100s);  // its age is counted from here
  sink.take(batch_of(10, 20, {event_of(Kind::bid, 2)}));
  sink.tend(kNow + 159s);
  EXPECT_EQ(sink.stored("run/0"), 0U);
  sink.tend(kNow + 160s);
  EXPECT_EQ(sink.stored("run/0"), 20U);
  EXPECT_EQ(visible_files(folder.path()).size(), 1U);
  sink.take(batch_of(20, 30, {event_of(Kind::bid, 3)}));
  sink.tend(kNow + 161s);
  EXPECT_EQ(sink.stored("run/0"), 20U);
  sink.tend(kNow);  // the clock was set back: its age is counted anew
  sink.tend(kNow + 59s);
  EXPECT_EQ(sink.stored("run/0"), 20U);
  sink.tend(kNow + 60s);
  EXPECT_EQ(sink.stored("run/0"), 30U);
}

TEST(NdjsonSink, FilesAreFinishedBySize) {
  const Folder folder;
  auto options = options_of(folder);
  options.file_bytes = 20'000;
  NdjsonSink sink(options);
  const MadeUpJournals journals(1, 1000);
  auto positions = sink.positions(journals.names());
  while (positions[0] != journals.end()) {
    sink.take(journals.batch(positions, 10));
    sink.tend(kNow);
  }
  const auto files = visible_files(folder.path());
  EXPECT_GT(files.size(), 3U);
  for (const auto& [path, text] : files) {
    EXPECT_GE(text.size(), 20'000U);
    EXPECT_LT(text.size(), 22'000U);
  }
}

TEST(NdjsonSink, PositionsMoveThoughThereAreNoRows) {
  const Folder folder;
  {
    NdjsonSink sink(options_of(folder));
    sink.positions(kJournal);
    sink.take(batch_of(0, 70, {}));
    sink.finish();
    EXPECT_EQ(sink.stored("run/0"), 70U);
  }
  NdjsonSink again(options_of(folder));
  EXPECT_THAT(again.positions(kJournal), ElementsAre(70));
  EXPECT_TRUE(visible_files(folder.path()).empty());
}

class NdjsonCompression : public ::testing::TestWithParam<Compression> {};

TEST_P(NdjsonCompression, IsReadBack) {
  const Folder folder;
  auto options = options_of(folder);
  options.compression = GetParam();
  NdjsonSink sink(options);
  const MadeUpJournals journals(2, 20'000);
  auto positions = sink.positions(journals.names());
  while (positions[1] != journals.end()) sink.take(journals.batch(positions, 1500));
  sink.finish();
  expect_each_once(folder.path(), journals);
  std::uint64_t bytes = 0;
  for (const auto& [path, text] : visible_files(folder.path())) bytes += fs::file_size(folder.path() / path);
  EXPECT_EQ(sink.counters().bytes.value(), bytes);
}

TEST(NdjsonSink, AThousandHoursInOneBatch) {
  const Folder folder;
  // Neither sink nor test may open many files.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = ::dup(0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  const rlimit few{static_cast<rlim_t>(lowest_free) + 16, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  auto options = options_of(folder);
  options.compression = Compression::zstd;
  NdjsonSink sink(options);
  const MadeUpJournals journals(2, 3000, MadeUpJournals::kHour / 3);
  auto positions = sink.positions(journals.names());
  while (positions[0] != journals.end()) sink.take(journals.batch(positions, 1500));
  sink.finish();
  expect_each_once(folder.path(), journals);
  EXPECT_NEAR(static_cast<double>(visible_files(folder.path()).size()), 1000, 1);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_P(NdjsonCompression, APartThatIsOpenedAgainIsReadBack) {
  const Folder folder;
  auto options = options_of(folder);
  options.compression = GetParam();
  NdjsonSink sink(options);
  sink.positions(kJournal);
  std::uint64_t at = 0;
  for (int round = 0; round < 5; ++round) {
    for (std::int64_t hour = 0; hour < 20; ++hour, ++at) {
      sink.take(batch_of(at, at + 1, {event_of(Kind::bid, 1, hour * MadeUpJournals::kHour)}));
    }
  }
  sink.finish();
  const auto files = visible_files(folder.path());
  EXPECT_EQ(files.size(), 20U);
  for (const auto& [path, text] : files) EXPECT_EQ(lines_of(text).size(), 5U) << path;
}

std::string name_of(const ::testing::TestParamInfo<Compression>& parameter) {
  constexpr const char* kNames[] = {"none", "gzip", "zstd"};
  return kNames[static_cast<std::size_t>(parameter.param)];
}
INSTANTIATE_TEST_SUITE_P(All, NdjsonCompression,
                         ::testing::Values(Compression::none, Compression::gzip, Compression::zstd), name_of);

TEST(NdjsonSink, RepeatsOfNoticesAreLeftOut) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  sink.positions(kJournal);
  sink.take(batch_of(0, 1,
                     {event_of(Kind::win, 1), event_of(Kind::win, 1), event_of(Kind::bill, 1), event_of(Kind::win, 2),
                      event_of(Kind::bid, 3), event_of(Kind::bid, 3)}));
  sink.take(batch_of(1, 2, {event_of(Kind::bill, 1)}));
  sink.finish();
  sink.take(batch_of(2, 3, {event_of(Kind::win, 2), event_of(Kind::click, 2)}));
  sink.finish();
  EXPECT_EQ(sink.counters().rows.value(), 6U);
  EXPECT_EQ(sink.counters().repeats.value(), 3U);
}

TEST(NdjsonSink, ANoticeThatWasForgottenBeforeItWasStoredIsNoRepeat) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  sink.positions(kJournal);
  sink.take(batch_of(0, 1, {event_of(Kind::win, 1)}));
  EXPECT_THAT(error_while_away(folder, [&] { sink.finish(); }), HasSubstr("_ndjson/w"));
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(0));
  sink.take(batch_of(0, 1, {event_of(Kind::win, 1)}));
  sink.finish();
  EXPECT_EQ(sink.counters().rows.value(), 1U);
  EXPECT_EQ(sink.counters().repeats.value(), 0U);
}

TEST(Repeats, RemembersAGenerationAndForgetsThen) {
  Repeats repeats(10);
  const auto numbered = [](std::uint8_t n) { return event_of(Kind::win, n); };
  for (std::uint8_t i = 0; i < 15; ++i) {
    EXPECT_TRUE(repeats.add(numbered(i)));
    repeats.keep();
  }
  for (std::uint8_t i = 0; i < 15; ++i) EXPECT_FALSE(repeats.add(numbered(i))) << int{i};
  for (std::uint8_t i = 15; i < 25; ++i) {
    EXPECT_TRUE(repeats.add(numbered(i)));
    repeats.keep();
  }
  EXPECT_TRUE(repeats.add(numbered(0)));
  EXPECT_FALSE(repeats.add(numbered(15)));
}

TEST(NdjsonSink, WhatIsNoEventIsSetAside) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  sink.positions(kJournal);
  Batch batch = batch_of(0, 100, {event_of(Kind::bid, 1)});
  batch.undecodable.push_back({{}, std::string_view("\x00\xff\"", 3), 40, 0});
  sink.take(batch);
  sink.finish();
  EXPECT_EQ(sink.counters().set_aside.value(), 1U);
  EXPECT_EQ(visible_files(folder.path()).size(), 1U);
  std::vector<nlohmann::json> lines;
  for (const auto& entry : fs::directory_iterator(folder.path() / "_rejected")) {
    for (auto& line : lines_of(testing::read_bytes(entry.path()))) lines.push_back(line);
  }
  EXPECT_THAT(lines, ElementsAre(nlohmann::json{
                         {"reason", "not an event"}, {"journal", "run/0"}, {"position", 40}, {"bytes", "00ff22"}}));
}

TEST(NdjsonSink, TakesOnlyWhatFollows) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  EXPECT_THROW(sink.take(batch_of(0, 10, {})), PositionMoved);  // nobody has asked yet
  sink.positions(kJournal);
  EXPECT_THROW(sink.take(batch_of(10, 20, {})), PositionMoved);
  sink.positions(kJournal);
  sink.take(batch_of(0, 10, {event_of(Kind::bid, 1)}));
  sink.finish();
  EXPECT_EQ(sink.stored("run/0"), 10U);
  EXPECT_EQ(sink.stored("run/1"), 0U);
  sink.take(batch_of(10, 20, {event_of(Kind::bid, 2)}));
  EXPECT_THROW(sink.take(batch_of(10, 20, {})), PositionMoved);
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(10));  // what was taken before the failure is forgotten, too
  EXPECT_EQ(sink.counters().rows.value(), 1U);
}

TEST(NdjsonSink, SeveralWritersShareADirectory) {
  const Folder folder;
  NdjsonSink one(options_of(folder, "one")), two(options_of(folder, "two"));
  one.positions(std::vector<std::string>{"a/0"});
  two.positions(std::vector<std::string>{"b/0"});
  Batch batch = batch_of(0, 10, {event_of(Kind::bid, 1)});
  batch.advances[0].journal = "a/0";
  one.take(batch);
  batch.advances[0].journal = "b/0";
  two.take(batch);
  one.finish();
  two.finish();
  EXPECT_EQ(visible_files(folder.path()).size(), 2U);
}

// A journal comes along again and again, before any file is old enough.
TEST(NdjsonSink, AskingForPositionsStoresWhatWasTaken) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  sink.positions(kJournal);
  sink.take(batch_of(0, 10, {event_of(Kind::win, 1)}));
  const std::vector<std::string> two{"run/0", "run/1"};
  EXPECT_THAT(sink.positions(two), ElementsAre(10, 0));
  EXPECT_EQ(sink.stored("run/0"), 10U);
  EXPECT_EQ(visible_files(folder.path()).size(), 1U);
  sink.take(batch_of(10, 20, {event_of(Kind::win, 2)}));
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(20));
  EXPECT_EQ(sink.counters().rows.value(), 2U);
}

// The disk is full, say: who logs a reason when it changes shall log this one once.
TEST(NdjsonSink, TheSameFailureHasTheSameWords) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  const auto fail = [&] {
    sink.positions(kJournal);
    return error_while_away(folder, [&] { sink.take(batch_of(0, 10, {event_of(Kind::bid, 1)})); });
  };
  const std::string first = fail();
  EXPECT_THAT(first, HasSubstr((folder.path() / "_ndjson/w").string()));
  EXPECT_EQ(fail(), first);
}

TEST(NdjsonSink, WhoAdoptsAJournalKnowsItsPosition) {
  const Folder folder;
  NdjsonSink living(options_of(folder, "living"));
  {
    NdjsonSink dead(options_of(folder, "dead"));
    dead.positions(kJournal);
    dead.take(batch_of(0, 10, {event_of(Kind::bid, 1)}));
    dead.finish();
    // Of a writer that lives.
    EXPECT_THAT(living.positions(kJournal), ElementsAre(10));
    EXPECT_TRUE(fs::exists(folder.path() / "_ndjson/dead"));
    dead.take(batch_of(10, 20, {event_of(Kind::bid, 2)}));
    dead.finish();
  }
  EXPECT_THAT(living.positions(kJournal), ElementsAre(20));
  EXPECT_FALSE(fs::exists(folder.path() / "_ndjson/dead"));
  EXPECT_THAT(living.positions(kJournal), ElementsAre(20));
  // It is handed on, and there when the first writer comes again.
  NdjsonSink third(options_of(folder, "dead"));
  EXPECT_THAT(third.positions(kJournal), ElementsAre(20));
}

TEST(NdjsonSink, PositionsAreForgottenAfterAYear) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  const std::vector<std::string> two{"run/0", "run/1"};
  sink.positions(two);
  Batch batch = batch_of(0, 10, {});
  batch.advances.push_back({"run/1", 0, 10});
  sink.tend(kNow);
  sink.take(batch);
  sink.finish();
  EXPECT_THAT(sink.positions(two), ElementsAre(10, 10));
  sink.tend(kNow + 24h * 400);
  sink.positions(kJournal);
  sink.take(batch_of(10, 20, {}));
  sink.finish();
  EXPECT_THAT(sink.positions(two), ElementsAre(20, 0));
}

TEST(NdjsonSink, AClockThatStepsForgetsNoJournalThatIsThere) {
  const Folder folder;
  leave_position(folder, "dead", kNow - 24h * 800);
  NdjsonSink sink(options_of(folder));  // whose clock says otherwise
  const std::vector<std::string> two{"run/0", "run/1"};
  EXPECT_THAT(sink.positions(two), ElementsAre(10, 0));
  for (int step = 0; step < 2; ++step) {
    sink.tend(kNow + 24h * 400 * step);
    Batch batch = batch_of(0, 0, {});
    const auto at = static_cast<std::uint64_t>(step);
    batch.advances = {{"run/1", at, at + 1}};
    sink.take(batch);
    sink.finish();
    EXPECT_THAT(sink.positions(two), ElementsAre(10, at + 1)) << step;
  }
}

// What a writer that just died knew is kept until somebody asks for its journals.
TEST(NdjsonSink, AClockThatStepsForgetsNothingThatWasJustTakenOver) {
  const Folder folder;
  NdjsonSink sink(options_of(folder));
  sink.tend(kNow);
  leave_position(folder, "dead", kNow - 24h * 800);
  sink.positions(std::vector<std::string>{"other/0"});
  EXPECT_EQ(writer_folders(folder), 1U);
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(10));
}

TEST(NdjsonSink, RefusesNamesThatAreNoneOrWouldHideItsFiles) {
  const Folder folder;
  for (const std::string name : {"", ".", "..", ".w", "_w", "a/b", "a b", "\xc3\xa9", "a\n"}) {
    EXPECT_THAT(error_of([&] { NdjsonSink sink(options_of(folder, name)); }), HasSubstr("no name for a writer"))
        << name;
  }
}

TEST(NdjsonSink, SaysWhichFolderItCannotUse) {
  auto options = NdjsonSinkOptions{};
  options.directory = "/proc/no-such-folder";
  options.writer = "w";
  EXPECT_THAT(error_of([&] { NdjsonSink sink(options); }), HasSubstr("/proc/no-such-folder"));
}

TEST(NdjsonSink, ADeadWritersDamagedStateIsPutAside) {
  for (const std::string writer : {"w", "v"}) {
    const Folder folder;
    leave_position(folder, "w", kNow);
    std::ofstream(folder.path() / "_ndjson/w/state.json") << "{\"positions\":";
    std::vector<std::string> said;
    auto options = options_of(folder, writer);
    options.log = [&](const std::string& line) {
      if (line.find("damaged") != std::string::npos) said.push_back(line);
    };
    NdjsonSink sink(options);
    EXPECT_THAT(sink.positions(kJournal), ElementsAre(0));
    sink.take(batch_of(0, 20, {event_of(Kind::bid, 1)}));
    EXPECT_THAT(sink.positions(kJournal), ElementsAre(20));
    EXPECT_THAT(said, ElementsAre(HasSubstr("_ndjson/w/state.json is damaged")));
    EXPECT_EQ(testing::read_bytes(folder.path() / "_ndjson/_damaged-w.json"), "{\"positions\":");
  }
}

TEST(NdjsonSink, ALivingWritersDamagedStateIsLeftOut) {
  const Folder folder;
  NdjsonSink living(options_of(folder, "living"));
  const std::vector<std::string> theirs{"theirs/0"};
  living.positions(theirs);
  const fs::path state = folder.path() / "_ndjson/living/state.json";
  std::ofstream(state) << "[]";
  std::vector<std::string> said;
  auto options = options_of(folder);
  options.log = [&](const std::string& line) { said.push_back(line); };
  NdjsonSink sink(options);
  sink.positions(kJournal);
  sink.take(batch_of(0, 10, {event_of(Kind::bid, 1)}));
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(10));
  EXPECT_THAT(said, ElementsAre(HasSubstr("living/state.json is damaged")));
  EXPECT_EQ(testing::read_bytes(state), "[]");
  // It knows better itself.
  Batch batch = batch_of(0, 30, {});
  batch.advances[0].journal = "theirs/0";
  living.take(batch);
  living.finish();
  EXPECT_THAT(sink.positions(theirs), ElementsAre(30));
}

TEST(NdjsonSink, OneFolderIsLeftHoweverManyWritersThereWere) {
  const Folder folder;
  for (int start = 0; start < 5; ++start) {
    NdjsonSink sink(options_of(folder, "w" + std::to_string(start)));
    EXPECT_EQ(writer_folders(folder), 1U);
    const auto at = static_cast<std::uint64_t>(start);
    EXPECT_THAT(sink.positions(kJournal), ElementsAre(at));
    sink.take(batch_of(at, at + 1, {event_of(Kind::bid, 1)}));
    sink.finish();
  }
  EXPECT_EQ(writer_folders(folder), 1U);
}

TEST(NdjsonSink, WhatACrashLeftOfFoldersIsRemoved) {
  const Folder folder;
  fs::create_directories(folder.path() / "_ndjson/.gone/more");
  fs::create_directories(folder.path() / "_ndjson/not-locked-yet");
  fs::create_directories(folder.path() / "_ndjson/without-its-lock");
  std::ofstream(folder.path() / "_ndjson/without-its-lock/state.json")
      << R"({"moves": [], "positions": {"run/0": {"day": 99999, "position": 70}}})";
  NdjsonSink sink(options_of(folder));
  EXPECT_THAT(sink.positions(kJournal), ElementsAre(70));
  EXPECT_EQ(writer_folders(folder), 1U);
}

}  // namespace
}  // namespace bidwell::events
