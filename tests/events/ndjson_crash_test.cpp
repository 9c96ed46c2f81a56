// The NDJSON sink killed at every system call of its work, failing at every one, and killed at random moments: in the
// end each event stands in one whole file. A sink without the commit's order fails the same tests.
#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>

#include "bidwell/events/ndjson.h"
#include "events/file_calls.h"
#include "tests/events/ndjson_reader.h"

// The system calls that change something come here first, as a program's own functions precede the C library's.
namespace {

enum class Trouble { none, crash, fail };
Trouble trouble = Trouble::none;
int calls_until_trouble = 0;  // 0 or less: it came
bool fails_for_long = false;
const char* deadly_target = nullptr;  // a rename to a path with this in it crashes
constexpr int kCrashed = 77;

// True: the call shall fail.
bool comes_to_trouble() {
  if (trouble == Trouble::none || --calls_until_trouble > 0) return false;
  if (trouble == Trouble::crash) ::_exit(kCrashed);
  if (!fails_for_long) trouble = Trouble::none;
  errno = ENOSPC;
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int(const char*, const char*)>("rename");
  if (deadly_target != nullptr && std::strstr(to, deadly_target) != nullptr) ::_exit(kCrashed);
  return comes_to_trouble() ? -1 : real(from, to);
}
int unlink(const char* path) noexcept {
  static const auto real = next<int(const char*)>("unlink");
  return comes_to_trouble() ? -1 : real(path);
}
int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real = next<int(const char*, mode_t)>("mkdir");
  return comes_to_trouble() ? -1 : real(path, mode);
}
int fsync(int fd) {
  static const auto real = next<int(int)>("fsync");
  return comes_to_trouble() ? -1 : real(fd);
}
int open(const char* path, int flags, ...) {
  static const auto real = next<int(const char*, int, mode_t)>("open");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return comes_to_trouble() ? -1 : real(path, flags, mode);
}
// A write that fails has written half.
ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  if (!comes_to_trouble()) return real(fd, bytes, size);
  [[maybe_unused]] const ssize_t half = real(fd, bytes, size / 2);
  errno = ENOSPC;
  return -1;
}
}

namespace bidwell::events {
namespace {

using namespace std::chrono_literals;
using testing::count_events;
using ::testing::ElementsAre;
using testing::Folder;
using testing::MadeUpJournals;
namespace fs = std::filesystem;

const auto kNow = std::chrono::system_clock::time_point(1'795'000'000s);

NdjsonSinkOptions options_of(const fs::path& directory, const std::string& writer, Compression compression) {
  NdjsonSinkOptions options;
  options.directory = directory;
  options.writer = writer;
  options.compression = compression;
  options.file_age = 3s;
  return options;
}

// Positions first, then the file, without a state that says what is still to be done.
class CarelessSink final : public Sink {
 public:
  explicit CarelessSink(fs::path directory) : directory_(std::move(directory)) {
    fs::create_directories(directory_ / "_ndjson");
  }
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    const auto text = read_file(directory_ / "_ndjson/positions");
    if (text) stored_ = nlohmann::json::parse(*text).get<std::map<std::string, std::uint64_t, std::less<>>>();
    taken_ = stored_;
    lines_.clear();
    std::vector<std::uint64_t> all;
    for (const std::string& journal : journals) all.push_back(stored_[journal]);
    return all;
  }
  void take(const Batch& batch) override {
    for (const Row& row : batch.rows) {
      append_json(row.event, lines_[row.event.at_us / MadeUpJournals::kHour]);
      lines_[row.event.at_us / MadeUpJournals::kHour] += '\n';
    }
    for (const Advance& advance : batch.advances) taken_[advance.journal] = advance.to;
  }
  std::uint64_t stored(std::string_view journal) const override { return stored_.find(journal)->second; }
  void tend(std::chrono::system_clock::time_point) override {
    if (!lines_.empty() && ++rounds_ % 3 == 0) finish();
  }
  void finish() override {
    put("_ndjson/positions", nlohmann::json(taken_).dump());
    for (const auto& [hour, text] : lines_) {
      Event event;
      event.at_us = hour * MadeUpJournals::kHour;
      std::string at;
      append_json(event, at);
      at = nlohmann::json::parse(at)["at"];
      const fs::path folder = "dt=" + at.substr(0, 10) + "/hour=" + at.substr(11, 2);
      make_folder(directory_ / folder);
      put(folder / (std::to_string(::getpid()) + "-" + std::to_string(++number_) + ".ndjson"), text);
    }
    lines_.clear();
    stored_ = taken_;
  }

 private:
  void put(const fs::path& place, const std::string& text) {
    File file(directory_ / "_ndjson/new", O_WRONLY | O_CREAT | O_TRUNC);
    file.write(text);
    file.sync();
    file.close();
    move_file(directory_ / "_ndjson/new", directory_ / place);
  }

  const fs::path directory_;
  std::map<std::string, std::uint64_t, std::less<>> stored_, taken_;
  std::map<std::int64_t, std::string> lines_;
  int rounds_ = 0, number_ = 0;
};

using MakeSink = std::function<std::unique_ptr<Sink>()>;

// As a shipper does, a second for each batch, until all is stored. What fails is tried again.
void ship(const MakeSink& make, const MadeUpJournals& journals, std::uint64_t batch_events) {
  std::unique_ptr<Sink> sink;
  std::vector<std::uint64_t> positions;
  auto now = kNow;
  for (bool done = false; !done;) {
    try {
      if (!sink) sink = make();
      if (positions.empty()) positions = sink->positions(journals.names());
      const Batch batch = journals.batch(positions, batch_events);
      if (batch.advances.empty()) {
        sink->finish();
        done = true;
        for (const std::string& name : journals.names()) done = done && sink->stored(name) == journals.end();
      } else {
        sink->take(batch);
        sink->tend(now += 1s);
      }
    } catch (const std::runtime_error&) {
      positions.clear();
    }
  }
}

// In a process of its own; its exit code, or -1 when it was killed.
int in_child(const std::function<void()>& work, std::chrono::microseconds kill_after = 0us) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    work();
    ::_exit(0);
  }
  if (kill_after != 0us) {
    ::usleep(static_cast<useconds_t>(kill_after.count()));
    ::kill(pid, SIGKILL);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Outcome {
  std::uint64_t lost = 0, doubled = 0;
};
Outcome outcome(const fs::path& directory, const MadeUpJournals& journals) {
  const auto counts = count_events(directory);
  Outcome all{journals.total() - counts.size(), 0};
  for (const auto& [event, count] : counts) all.doubled += count > 1;
  return all;
}
void expect_exactly_once(const fs::path& directory, const MadeUpJournals& journals, const std::string& where) {
  const Outcome seen = outcome(directory, journals);
  EXPECT_EQ(seen.lost, 0U) << where;
  EXPECT_EQ(seen.doubled, 0U) << where;
  for (const auto& entry : fs::recursive_directory_iterator(directory / "_ndjson")) {
    EXPECT_EQ(entry.path().string().find(".ndjson"), std::string::npos) << entry.path() << ' ' << where;
  }
}

// Kills the sink at each of its calls in turn, lets another one, `heir`, finish, and hands over each outcome; the
// number of calls.
int crash_at_each_call(const std::function<MakeSink(const fs::path&)>& victim,
                       const std::function<MakeSink(const fs::path&)>& heir,
                       const std::function<void(const fs::path&, const MadeUpJournals&, int)>& look) {
  for (int call = 1;; ++call) {
    const Folder folder;
    const MadeUpJournals journals(2, 60, MadeUpJournals::kHour / 20);
    const int code = in_child([&] {
      trouble = Trouble::crash;
      calls_until_trouble = call;
      ship(victim(folder.path()), journals, 10);
    });
    if (code == kCrashed) count_events(folder.path());  // whole files alone
    ship(heir(folder.path()), journals, 10);
    look(folder.path(), journals, call);
    if (code == 0) return call;
    if (code != kCrashed) {
      ADD_FAILURE() << "it ended with " << code;
      return call;
    }
  }
}

std::function<MakeSink(const fs::path&)> sinks(std::string writer, Compression compression = Compression::none) {
  return [=](const fs::path& directory) -> MakeSink {
    return [=] { return std::make_unique<NdjsonSink>(options_of(directory, writer, compression)); };
  };
}
MakeSink careless(const fs::path& directory) {
  return [directory] { return std::make_unique<CarelessSink>(directory); };
}

void expect_exactly_once_at(const fs::path& directory, const MadeUpJournals& journals, int call) {
  expect_exactly_once(directory, journals, "call " + std::to_string(call));
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(NdjsonCrash, AtEachCallThenTheSameWriterGoesOn) {
  EXPECT_GT(crash_at_each_call(sinks("w"), sinks("w"), expect_exactly_once_at), 50);
}

TEST(NdjsonCrash, AtEachCallThenAnotherWriterGoesOn) {
  const auto look = [](const fs::path& directory, const MadeUpJournals& journals, int call) {
    expect_exactly_once_at(directory, journals, call);
    EXPECT_THAT(names_in(directory / "_ndjson"), ElementsAre("heir")) << call;
  };
  EXPECT_GT(crash_at_each_call(sinks("victim", Compression::zstd), sinks("heir", Compression::zstd), look), 50);
}

// The heir dies, too, while he takes over.
TEST(NdjsonCrash, AtEachCallOfTheHeir) {
  for (int call = 1, code = kCrashed; code == kCrashed; ++call) {
    const Folder folder;
    const MadeUpJournals journals(2, 60, MadeUpJournals::kHour / 20);
    // The first dies when its commit is made and nothing is moved yet.
    const int first = in_child([&] {
      deadly_target = "/dt=";
      ship(sinks("victim")(folder.path()), journals, 30);
    });
    ASSERT_EQ(first, kCrashed);
    code = in_child([&] {
      trouble = Trouble::crash;
      calls_until_trouble = call;
      ship(sinks("heir")(folder.path()), journals, 10);
    });
    ship(sinks("third")(folder.path()), journals, 10);
    expect_exactly_once_at(folder.path(), journals, call);
    EXPECT_THAT(names_in(folder.path() / "_ndjson"), ElementsAre("third")) << call;
  }
}

TEST(NdjsonCrash, ControlPositionsBeforeTheFileLoseEvents) {
  std::uint64_t lost = 0;
  crash_at_each_call(careless, careless, [&](const fs::path& directory, const MadeUpJournals& journals, int) {
    lost += outcome(directory, journals).lost;
  });
  EXPECT_GT(lost, 0U);
}

// Here, as it waits a second for the other to end.
TEST(NdjsonFailure, AWritersNameIsNotTakenTwice) {
  const Folder folder;
  const auto living = sinks("w")(folder.path())();
  EXPECT_THROW(sinks("w")(folder.path())(), std::runtime_error);
}

TEST(NdjsonFailure, AtEachCallIsTriedAgain) {
  for (int call = calls_until_trouble = 0; calls_until_trouble <= 0; ++call) {
    const Folder folder;
    const MadeUpJournals journals(2, 60, MadeUpJournals::kHour / 20);
    trouble = Trouble::fail;
    calls_until_trouble = call;
    ship(sinks("w", Compression::gzip)(folder.path()), journals, 10);
    trouble = Trouble::none;
    expect_exactly_once_at(folder.path(), journals, call);
  }
}

// A disk that is full for a while: everything fails, and nothing half done is seen; then the same sink goes on.
TEST(NdjsonFailure, AtEachCallAndAllAfterIt) {
  for (int call = calls_until_trouble = 0; calls_until_trouble <= 0; ++call) {
    const Folder folder;
    const MadeUpJournals journals(2, 60, MadeUpJournals::kHour / 20);
    std::unique_ptr<Sink> sink;
    trouble = Trouble::fail;
    fails_for_long = true;
    calls_until_trouble = call;
    try {
      sink = sinks("w")(folder.path())();
      auto positions = sink->positions(journals.names());
      for (int i = 0; i < 6; ++i) {
        sink->take(journals.batch(positions, 10));
        sink->tend(kNow + std::chrono::seconds(i));
      }
      sink->finish();
    } catch (const std::runtime_error&) {
    }
    trouble = Trouble::none;
    fails_for_long = false;
    count_events(folder.path());  // whole files alone
    ship([&] { return sink ? std::move(sink) : sinks("w")(folder.path())(); }, journals, 10);
    expect_exactly_once_at(folder.path(), journals, call);
  }
}

// Kills after random times until all is shipped; the number of kills.
int kill_at_random(const std::function<MakeSink()>& make, const fs::path& directory, const MadeUpJournals& journals,
                   std::mt19937_64& random) {
  for (int kills = 0;; ++kills) {
    const auto sink = make();
    // Ever later, so that it ends on a slow disk, too.
    const std::chrono::microseconds after(200 + random() % (2000 + 100 * static_cast<unsigned>(kills)));
    if (in_child([&] { ship(sink, journals, 20); }, after) == 0) return kills;
    count_events(directory);  // whole files alone
  }
}

TEST(NdjsonCrash, KilledAtRandomMoments) {
  std::mt19937_64 random(1);
  int kills = 0;
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    const Folder folder;
    const MadeUpJournals journals(3, 10'000, MadeUpJournals::kHour / 200);
    const char* writers[] = {"one", "two", "three"};
    kills += kill_at_random([&] { return sinks(writers[random() % 3], compression)(folder.path()); }, folder.path(),
                            journals, random);
    ship(sinks("last")(folder.path()), journals, 1000);
    expect_exactly_once(folder.path(), journals, "at random");
  }
  EXPECT_GT(kills, 20);
}

TEST(NdjsonCrash, ControlKilledAtRandomMomentsLosesEvents) {
  std::mt19937_64 random(1);
  std::uint64_t lost = 0;
  for (int round = 0; round < 50 && lost == 0; ++round) {
    const Folder folder;
    const MadeUpJournals journals(3, 10'000, MadeUpJournals::kHour / 200);
    kill_at_random([&] { return careless(folder.path()); }, folder.path(), journals, random);
    lost += outcome(folder.path(), journals).lost;
  }
  EXPECT_GT(lost, 0U);
}

}  // namespace
}  // namespace bidwell::events
