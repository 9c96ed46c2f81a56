// bidwell journal: verify, dump and replay of journals that a process left, that are damaged, or that are alive.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "bidwell/events/event.h"
#include "bidwell/events/journals.h"
#include "tests/apps/process.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kEventsConfig = R"({
  "http": {"listen": ["127.0.0.1:0"]},
  "catalog": {"file": "catalog.json"},
  "exchanges": {"demo": {}},
  "events": {"directory": "events", "sinks": ["ndjson"]}
})";

class JournalCommandTest : public ::testing::Test {
 protected:
  static Ended journal(std::vector<std::string> words) {
    words.insert(words.begin(), {BIDWELL_EXECUTABLE, "journal"});
    return run(std::move(words));
  }
  Ended replay(const std::string& directory) { return journal({"replay", directory, "--config", place_.config()}); }

  std::unique_ptr<events::Journals> begin_run(std::uint64_t random = 1) {
    place_.write("bidwell.json", kEventsConfig);
    events::JournalOptions options;
    options.directory = directory();
    options.segment_bytes = 1 << 20;
    options.random = random;
    auto journals = std::make_unique<events::Journals>(options);
    worker_ = &journals->add_worker();
    journals->add_reader();  // that never stores anything
    journals->start();
    return journals;
  }
  void append(events::Kind kind, const std::string& auction) {
    events::Event event;
    event.kind = kind;
    event.at_us = 1'795'000'000'000'000;
    event.bid_id[0] = static_cast<std::uint8_t>(++bids_);
    event.auction_id = auction;
    char* out = worker_->reserve(events::kEventBytesMax, events::Journal::Priority::notice);
    ASSERT_NE(out, nullptr);
    worker_->publish(events::encode(event, out));
  }
  void append_bytes(std::string_view bytes) {
    char* out = worker_->reserve(bytes.size(), events::Journal::Priority::notice);
    ASSERT_NE(out, nullptr);
    std::copy(bytes.begin(), bytes.end(), out);
    worker_->publish(bytes.size());
  }
  // A run of three events whose process is gone.
  void leave_three() {
    const auto journals = begin_run();
    append(events::Kind::bid, "a-1");
    append(events::Kind::win, "a-2");
    append(events::Kind::click, "a-3");
  }
  std::string only_run() const {
    std::vector<std::string> runs;
    for (const auto& entry : fs::directory_iterator(directory())) runs.push_back(entry.path());
    EXPECT_THAT(runs, SizeIs(1));
    return runs.at(0);
  }
  std::string directory() const { return place_.path("events/_journal"); }

  // auction ids of all that stands in files
  std::multiset<std::string> stored() const {
    std::multiset<std::string> ids;
    for (const auto& entry : fs::recursive_directory_iterator(place_.path("events"))) {
      if (entry.path().string().find("/dt=") == std::string::npos || !entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) ids.insert(Json::parse(line).at("auction_id"));
    }
    return ids;
  }
  static std::vector<Json> lines_of(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  Workplace place_;
  events::Journal* worker_ = nullptr;
  unsigned bids_ = 0;
};

TEST_F(JournalCommandTest, HelpNamesWhatThereIs) {
  const Ended all = journal({"--help"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, AllOf(HasSubstr("verify"), HasSubstr("dump"), HasSubstr("replay")));
  EXPECT_THAT(journal({"dump", "--help"}).out, AllOf(HasSubstr("--journal"), HasSubstr("--kind"), HasSubstr("DIR")));
  EXPECT_THAT(journal({"replay", "--help"}).out, AllOf(HasSubstr("--config"), HasSubstr("--to")));
  EXPECT_EQ(journal({}).code, 2);
  EXPECT_EQ(journal({"dump", "x", "--kind", "wins"}).code, 2);
  EXPECT_EQ(journal({"replay", "x"}).code, 2);
}

TEST_F(JournalCommandTest, SaysThatThereIsNoSuchFolder) {
  for (const char* command : {"verify", "dump"}) {
    const Ended ended = journal({command, place_.path("nowhere")});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("nowhere"));
  }
}

TEST_F(JournalCommandTest, VerifyCounts) {
  leave_three();
  for (const std::string& path : {directory(), directory() + "/", only_run()}) {
    const Ended verify = journal({"verify", path});
    EXPECT_EQ(verify.code, 0) << verify.err;
    EXPECT_THAT(verify.out,
                AllOf(StartsWith("1 journals in 1 segments: 3 records"), HasSubstr("1  win"), HasSubstr("no faults")));
    EXPECT_EQ(verify.err, "");
  }
}

TEST_F(JournalCommandTest, VerifyFindsDamage) {
  leave_three();
  for (const auto& entry : fs::directory_iterator(only_run())) {
    if (entry.path().extension() != ".journal") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const std::size_t at = bytes.find("a-2");
    if (at == std::string::npos) continue;
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file << "b";
  }
  const Ended verify = journal({"verify", directory()});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.out, AllOf(HasSubstr("2 records"), HasSubstr("faults: 1")));
  EXPECT_THAT(verify.err, AllOf(HasSubstr(".journal: at byte "), StartsWith(only_run())));
}

TEST_F(JournalCommandTest, VerifyFindsWhatIsNoEvent) {
  {
    const auto journals = begin_run();
    append_bytes("no event");
    append(events::Kind::win, "a-1");
  }
  const Ended verify = journal({"verify", directory()});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.err, HasSubstr("/0: at position 0: not an event"));
  EXPECT_THAT(verify.out, HasSubstr("1  no events"));
}

TEST_F(JournalCommandTest, DumpIsNdjson) {
  leave_three();
  const Ended dump = journal({"dump", directory()});
  EXPECT_EQ(dump.code, 0) << dump.err;
  const auto lines = lines_of(dump.out);
  ASSERT_THAT(lines, SizeIs(3));
  const std::string name = fs::path(only_run()).filename().string() + "/0";
  EXPECT_EQ(lines[0]["journal"], name);
  EXPECT_EQ(lines[0]["position"], 0);
  EXPECT_EQ(lines[0]["kind"], "bid");
  EXPECT_EQ(lines[2]["auction_id"], "a-3");
  EXPECT_GT(lines[2]["position"], lines[1]["position"]);
  EXPECT_THAT(lines_of(journal({"dump", directory(), "--kind", "win,click"}).out), SizeIs(2));
  EXPECT_THAT(lines_of(journal({"dump", directory(), "--journal", name}).out), SizeIs(3));
  const Ended unknown = journal({"dump", directory(), "--journal", "x/7"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("x/7"));
}

TEST_F(JournalCommandTest, DumpIsJsonWhateverTheFolderIsCalled) {
  leave_three();
  const std::string odd = place_.path("a \"run\"\\\n\xff");
  fs::rename(only_run(), odd);
  const Ended dump = journal({"dump", odd});
  EXPECT_EQ(dump.code, 0) << dump.err;
  const auto lines = lines_of(dump.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0]["journal"], "a \"run\"\\\n\xef\xbf\xbd/0");
}

TEST_F(JournalCommandTest, ReplaySendsOnce) {
  leave_three();
  const Ended first = replay(directory());
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("ndjson: 3 events sent, 0 set aside, 0 stored before"));
  EXPECT_EQ(stored(), (std::multiset<std::string>{"a-1", "a-2", "a-3"}));
  const Ended second = replay(only_run());
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("ndjson: 0 events sent, 0 set aside, 3 stored before"));
  EXPECT_THAT(stored(), SizeIs(3));
}

TEST_F(JournalCommandTest, ReplayLeavesTheLivingAlone) {
  const auto journals = begin_run();
  append(events::Kind::bid, "a-1");
  for (const std::string& path : {directory(), only_run()}) {
    const Ended ended = replay(path);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, AllOf(HasSubstr(only_run()), HasSubstr("is alive"), HasSubstr("nothing was sent")));
  }
  EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(JournalCommandTest, ReplaySetsAsideWhatIsNoEvent) {
  {
    const auto journals = begin_run();
    append_bytes("no event");
    append(events::Kind::win, "a-1");
  }
  const Ended ended = replay(directory());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("ndjson: 1 events sent, 1 set aside"));
  EXPECT_THAT(stored(), SizeIs(1));
}

TEST_F(JournalCommandTest, ReplayNamesTheSinkThatIsNotConfigured) {
  leave_three();
  const Ended ended = journal({"replay", directory(), "--config", place_.config(), "--to", "postgres"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--to postgres"));
  EXPECT_THAT(stored(), IsEmpty());
}

}  // namespace
}  // namespace bidwell::apps::testing
