// The embedded ledger's file: what was acknowledged is there after a SIGKILL at any moment, exactly once; what cannot
// be trusted is refused; a full disk forgets nothing.
#include "bidwell/budget/file_ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "bidwell/budget/book.h"

namespace bidwell::budget {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'700'000'000'000;
std::int64_t the_time = kNow;
std::int64_t test_time() {
  return the_time;
}

class FileLedgerTest : public ::testing::Test {
 protected:
  FileLedgerTest() {
    std::string folder = "/tmp/bidwell-ledger-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    the_time = kNow;
  }
  ~FileLedgerTest() override { std::filesystem::remove_all(folder_); }

  FileLedger::Options options(bool read_only = false) const { return {{}, path(), &test_time, read_only}; }
  std::string path() const { return folder_ + "/ledger"; }
  std::uint64_t size() const { return std::filesystem::file_size(path()); }
  std::string bytes() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }
  // Why it will not open; nothing when it does.
  std::string refusal(bool read_only = false) const {
    try {
      FileLedger ledger(options(read_only));
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  std::string folder_;
};

Statement statement(Nanos used, Nanos wanted) {
  Statement one;
  one.campaign = "shoes";
  one.limits.total = 1'000'000;
  one.day = 19675;
  one.lease = 1;
  one.used = used;
  one.wanted = wanted;
  one.least = 1;
  return one;
}

Standing settle(Ledger& ledger, Nanos used, Nanos wanted) {
  const Statement one = statement(used, wanted);
  return ledger.settle("a", {&one, 1}).front();
}

// The n-th bill, of 1 nano, which takes the journal from n to n + 1.
void bill(Ledger& ledger, std::uint64_t n) {
  const std::string id = fmt::format("{:012}", n);
  const Resolved resolved{id, "shoes", 19675, the_time / 1000, 1, 1};
  const Advance advance{"journal", n, n + 1};
  ledger.confirm({&resolved, 1}, {&advance, 1});
}

TEST_F(FileLedgerTest, KeepsEverythingOverARestart) {
  Standing standing;
  Spent spent;
  {
    FileLedger ledger(options());
    EXPECT_TRUE(ledger.exists());
    EXPECT_FALSE(ledger.make({}, {}));
    settle(ledger, 0, 1000);
    ledger.set_limits("shoes", {500'000, 9000});
    bill(ledger, 0);
    the_time += 3000;
    settle(ledger, 400, 1000);
    EXPECT_TRUE(ledger.mend("shoes", the_time / 1000 / kCellSeconds, 19675, 1, 10));
    EXPECT_FALSE(ledger.mend("shoes", the_time / 1000 / kCellSeconds, 19675, 1, 10));
    EXPECT_THROW(bill(ledger, 0), JournalMoved);
    standing = ledger.accounts().front().standing;
    spent = ledger.spent("shoes");
    EXPECT_EQ(spent.in_all, 11);
  }
  for (int i = 0; i < 2; ++i) {
    FileLedger ledger(options());
    EXPECT_EQ(ledger.accounts().front().standing, standing);
    EXPECT_EQ(ledger.accounts().front().by_hand, (Limits{500'000, 9000}));
    EXPECT_EQ(ledger.spent("shoes"), spent);
    EXPECT_EQ(ledger.advances().front().to, 1U);
    EXPECT_EQ(ledger.offered("shoes"), Cells{});
  }
}

// Holders are unique to a run, so nobody will ever close the lease of one that died.
TEST_F(FileLedgerTest, ALeaseOfAProcessThatDiedExpires) {
  {
    FileLedger ledger(options());
    ASSERT_EQ(settle(ledger, 0, 1000).granted, 1000);
    settle(ledger, 400, 1000);
  }
  FileLedger ledger(options());
  Standing at = ledger.accounts().front().standing;
  EXPECT_EQ(at.leased, 600);
  EXPECT_EQ(at.open, 400);
  the_time += 15'000;
  at = ledger.accounts().front().standing;
  EXPECT_EQ(at.leased, 0);
  EXPECT_EQ(at.open, 1000);
  the_time += 65'000;
  at = ledger.accounts().front().standing;
  EXPECT_EQ(at.open, 0);
  EXPECT_EQ(settle(ledger, 0, 1000).granted, 1000);
}

// With PostgreSQL a file that is new may be one that was deleted.
TEST_F(FileLedgerTest, OfATruthIsNoneUntilItIsMade) {
  FileLedger::Options of_truth = options();
  of_truth.from_truth = true;
  for (int i = 0; i < 2; ++i) {
    FileLedger ledger(of_truth);
    EXPECT_FALSE(ledger.exists());
    EXPECT_THROW(settle(ledger, 0, 1000), LedgerMissing);
    EXPECT_THROW(bill(ledger, 0), LedgerMissing);
    EXPECT_THROW(ledger.positions(std::vector<std::string>{"journal"}), LedgerMissing);
    EXPECT_THROW(ledger.advances(), LedgerMissing);
    EXPECT_THROW(ledger.accounts(), LedgerMissing);
    EXPECT_THROW(ledger.spent("shoes"), LedgerMissing);
    EXPECT_THROW(ledger.offered("shoes"), LedgerMissing);
    EXPECT_THROW(ledger.set_limits("shoes", {}), LedgerMissing);
    EXPECT_THROW(ledger.mend("shoes", 0, 0, 0, 1), LedgerMissing);
  }
  EXPECT_FALSE(FileLedger(options(true)).exists());
  const std::vector<std::pair<std::string, Spent>> spent{{"shoes", {999'900, {}, {}}}};
  const std::vector<Advance> positions{{"journal", 0, 7}};
  {
    FileLedger ledger(of_truth);
    std::filesystem::create_directory(path() + ".new");  // in the way
    EXPECT_THROW(ledger.make(spent, positions), std::runtime_error);
    EXPECT_FALSE(ledger.exists());
    std::filesystem::remove(path() + ".new");
    EXPECT_TRUE(ledger.make(spent, positions));
    EXPECT_TRUE(ledger.exists());
    EXPECT_FALSE(ledger.make({}, {}));
    EXPECT_EQ(settle(ledger, 0, 1000).granted, 12);  // an eighth of what is left
  }
  for (const bool from_truth : {true, false}) {
    of_truth.from_truth = from_truth;
    FileLedger ledger(of_truth);
    EXPECT_TRUE(ledger.exists());
    EXPECT_EQ(ledger.spent("shoes").in_all, 999'900);
    EXPECT_EQ(ledger.advances().front().to, 7U);
  }
  // The control: whoever does not ask gives the budget again.
  std::filesystem::remove(path());
  FileLedger ledger(options());
  EXPECT_TRUE(ledger.exists());
  EXPECT_EQ(settle(ledger, 0, 1000).granted, 1000);
}

// It never was made, and PostgreSQL is not configured any more.
TEST_F(FileLedgerTest, WithoutATruthAnUnmadeFileIsANewLedger) {
  FileLedger::Options of_truth = options();
  of_truth.from_truth = true;
  EXPECT_FALSE(FileLedger(of_truth).exists());
  bill(*std::make_unique<FileLedger>(options()), 0);
  FileLedger ledger(of_truth);
  EXPECT_TRUE(ledger.exists());
  EXPECT_EQ(ledger.spent("shoes").in_all, 1);
}

TEST_F(FileLedgerTest, IsWrittenAnewWhenTheLogIsLong) {
  std::uint64_t longest = 0, after = 0;
  {
    FileLedger ledger(options());
    for (std::uint64_t n = 0; n < 30'000; ++n) {
      settle(ledger, 0, 1000);
      if (n < 100) bill(ledger, n);
      longest = std::max(longest, after);
      after = size();
      if (after < longest) break;
    }
    EXPECT_GT(longest, 1U << 20);
    EXPECT_LT(longest, (1U << 20) + 10'000);
    EXPECT_LT(after, 20'000U);
    bill(ledger, 100);
  }
  FileLedger ledger(options());
  EXPECT_EQ(ledger.spent("shoes").in_all, 101);
  EXPECT_EQ(ledger.advances().front().to, 101U);
}

TEST_F(FileLedgerTest, ATornLastRecordIsCutOff) {
  std::uint64_t before = 0;
  {
    FileLedger ledger(options());
    bill(ledger, 0);
    before = size();
    bill(ledger, 1);
  }
  const std::string whole = bytes();
  for (std::size_t cut = before; cut < whole.size(); ++cut) {
    put(whole.substr(0, cut));
    EXPECT_EQ(FileLedger(options(true)).spent("shoes").in_all, 1);
    FileLedger ledger(options());
    ASSERT_EQ(ledger.spent("shoes").in_all, 1) << cut;
    the_time += 1;
    ledger.set_limits("x", {});  // a shorter record in its place
    ASSERT_EQ(FileLedger(options(true)).spent("shoes").in_all, 1) << cut;
    bill(ledger, 1);
    ASSERT_EQ(FileLedger(options(true)).spent("shoes").in_all, 2) << cut;
  }
}

TEST_F(FileLedgerTest, DamageIsRefusedWhereverItIs) {
  {
    FileLedger ledger(options());
    for (std::uint64_t n = 0; n < 5; ++n) bill(ledger, n);
  }
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    put(damaged);
    ASSERT_NE(refusal(), "") << at;
    ASSERT_NE(refusal(true), "") << at;
    ASSERT_EQ(bytes(), damaged) << "it is left as it is";
  }
  put(whole);
  EXPECT_EQ(refusal(), "");  // the control
}

// As told: it is cut off where the damage begins, and the journal is read again from there.
TEST_F(FileLedgerTest, WhatTheRefusalSaysHelps) {
  std::uint64_t third = 0;
  {
    FileLedger ledger(options());
    for (std::uint64_t n = 0; n < 5; ++n) {
      if (n == 3) third = size();
      bill(ledger, n);
    }
  }
  std::string damaged = bytes();
  damaged[third + 30] ^= 1;
  put(damaged);
  EXPECT_THAT(refusal(), HasSubstr(fmt::format("truncate -s {} {}", third, path())));
  std::filesystem::resize_file(path(), third);
  FileLedger ledger(options());
  EXPECT_EQ(ledger.spent("shoes").in_all, 3);
  EXPECT_EQ(ledger.advances().front().to, 3U);
}

TEST_F(FileLedgerTest, SaysWhyItCannotUseAPath) {
  put("something else");
  EXPECT_THAT(refusal(), HasSubstr(path() + " is no ledger of this version"));
  put("");
  EXPECT_THAT(refusal(), HasSubstr("is no ledger"));
  std::filesystem::remove(path());
  EXPECT_TRUE(FileLedger(options(true)).accounts().empty());
  EXPECT_FALSE(std::filesystem::exists(path()));
  std::filesystem::create_directory(path());
  EXPECT_THAT(refusal(), HasSubstr("cannot open " + path() + ": Is a directory"));
  std::filesystem::remove(path());
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THROW(FileLedger({{}, folder_ + "/file/ledger", &test_time, false}), std::runtime_error);
  FileLedger made({{}, folder_ + "/some/folder/ledger", &test_time, false});
}

TEST_F(FileLedgerTest, IsForOneProcess) {
  FileLedger ledger(options());
  bill(ledger, 0);
  {
    FileLedger second(options());
    try {
      bill(second, 1);
      ADD_FAILURE() << "both have it";
    } catch (const LedgerAway& error) {
      EXPECT_THAT(error.what(), HasSubstr(fmt::format("is used by another process ({})", ::getpid())));
    }
  }
  FileLedger reader(options(true));
  bill(ledger, 1);
  EXPECT_EQ(reader.spent("shoes").in_all, 1);
  EXPECT_THROW(bill(reader, 1), LedgerAway);
  EXPECT_EQ(FileLedger(options(true)).spent("shoes").in_all, 2);
}

// An update starts the new process before the old one has ended.
TEST_F(FileLedgerTest, IsTheNextOnesOnceItIsFree) {
  auto old = std::make_unique<FileLedger>(options());
  FileLedger next(options());
  EXPECT_THROW(next.spent("shoes"), LedgerAway);
  bill(*old, 0);
  old.reset();
  EXPECT_EQ(next.spent("shoes").in_all, 1);
}

// Files may not grow beyond a size: a write ends in the middle, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(FileLedgerTest, WhatCannotBeWrittenIsNotDone) {
  {
    FileLedger ledger(options());
    bill(ledger, 0);
    for (std::uint64_t room = 0; room < 120; room += 7) {
      const std::uint64_t before = size();
      {
        const FullDisk full(before + room);
        EXPECT_THROW(bill(ledger, 1), LedgerAway);
        EXPECT_THROW(settle(ledger, 0, 1000), LedgerAway);
        EXPECT_THROW(bill(ledger, 1), LedgerAway);
      }
      EXPECT_EQ(ledger.spent("shoes").in_all, 1);
      EXPECT_EQ(FileLedger(options(true)).spent("shoes").in_all, 1);
      ledger.set_limits("x", {});  // shorter than what was torn
      ASSERT_EQ(FileLedger(options(true)).spent("shoes").in_all, 1);
    }
    bill(ledger, 1);
    EXPECT_EQ(ledger.spent("shoes").in_all, 2);
  }
  EXPECT_EQ(FileLedger(options()).spent("shoes").in_all, 2);
}

TEST_F(FileLedgerTest, GoesOnWithTheOldFileWhereANewOneCannotBeMade) {
  {
    FileLedger ledger(options());
    std::filesystem::create_directory(path() + ".new");  // in the way
    while (size() < (3U << 20)) settle(ledger, 0, 1000);
    bill(ledger, 0);
    std::filesystem::remove(path() + ".new");
    while (size() > (1U << 20)) settle(ledger, 0, 1000);  // tried again
    bill(ledger, 1);
  }
  EXPECT_EQ(FileLedger(options()).spent("shoes").in_all, 2);
}

// Works on the ledger and tells each call that was answered, until it is killed.
[[noreturn]] void work(const FileLedger::Options& options, int out) {
  FileLedger ledger(options);
  const std::vector<std::string> journals{"journal"};
  std::uint64_t n = ledger.positions(journals).front();
  while (true) {
    for (int i = 0; i < 20; ++i) settle(ledger, 0, 1000);
    bill(ledger, n++);
    if (::write(out, &n, sizeof n) != sizeof n) ::_exit(1);
  }
}

TEST_F(FileLedgerTest, WhatWasAnsweredIsThereAfterASigkill) {
  std::mt19937_64 random(7);
  std::uint64_t told = 0, snapshots = 0, half_written = 0, last_size = 0;
  for (int kill = 0; kill < 30; ++kill) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      work(options(), pipe[1]);
    }
    ::close(pipe[1]);
    // Some calls later, anywhere within one; each third time when it writes the file anew.
    const std::uint64_t until = told + 1 + random() % 1000;
    std::uint64_t n = 0;
    while (n < until && ::read(pipe[0], &n, sizeof n) == sizeof n) told = n;
    if (kill % 3 == 0) {
      while (!std::filesystem::exists(path() + ".new") && ::waitpid(child, nullptr, WNOHANG) == 0) {
      }
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    while (::read(pipe[0], &n, sizeof n) == sizeof n) told = n;
    ::close(pipe[0]);
    half_written += std::filesystem::exists(path() + ".new") ? 1 : 0;
    snapshots += size() < last_size ? 1 : 0;
    last_size = size();

    FileLedger ledger(options());
    const std::vector<std::string> journals{"journal"};
    const std::uint64_t at = ledger.positions(journals).front();
    ASSERT_GE(at, told);      // all that was answered
    ASSERT_LE(at, told + 1);  // and one that may have been on its way
    ASSERT_EQ(ledger.spent("shoes").in_all, static_cast<Nanos>(at)) << "each exactly once";
    told = at;
  }
  EXPECT_GT(snapshots, 3U);
  RecordProperty("killed_while_writing_a_new_file", std::to_string(half_written));
}

// Every moment of writing the file anew, as it is seen from outside.
TEST_F(FileLedgerTest, ANewFileHalfWrittenDoesNotCount) {
  {
    FileLedger ledger(options());
    bill(ledger, 0);
  }
  const std::string whole = bytes();
  for (std::size_t cut = 0; cut <= whole.size(); cut += 5) {
    std::ofstream(path() + ".new", std::ios::binary) << whole.substr(0, cut);
    EXPECT_EQ(FileLedger(options()).spent("shoes").in_all, 1);
  }
}

TEST_F(FileLedgerTest, ThreadsMayShareIt) {
  {
    FileLedger ledger(options());
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const std::string journal = fmt::format("journal-{}", t);
        for (std::uint64_t n = 0; n < 500; ++n) {
          const std::string id = fmt::format("{:03}-{:08}", t, n);
          const Resolved resolved{id, "shoes", 19675, kNow / 1000, 1, 1};
          const Advance advance{journal, n, n + 1};
          ledger.confirm({&resolved, 1}, {&advance, 1});
          ledger.accounts();
        }
      });
    }
  }
  EXPECT_EQ(FileLedger(options()).spent("shoes").in_all, 2000);
}

}  // namespace
}  // namespace bidwell::budget
