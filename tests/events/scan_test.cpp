// Reading a folder of journals for tools: of the living and of the dead, without changing anything.
#include <gmock/gmock.h>

#include "tests/events/journals_rig.h"

namespace bidwell::events {
namespace {

using testing::append_waiting;
using testing::Folder;
using ::testing::IsEmpty;
using testing::leave_dead_run;
using testing::numbered;
using testing::read_file;
using ::testing::SizeIs;
using testing::small;

struct Scanned {
  explicit Scanned(const std::string& path) {
    totals = scan_journals(
        path,
        [this](std::string_view name, const Journals::Record& record) {
          if (names.empty() || names.back() != name) names.emplace_back(name);
          records.emplace_back(record.bytes);
        },
        [this](const JournalFault& fault) { faults.push_back(fault.file + ": " + fault.what); });
  }

  JournalTotals totals;
  std::vector<std::string> names, records, faults;
};

TEST(ScanJournals, ReadsTheLivingAndTheDeadAndChangesNothing) {
  const Folder folder;
  leave_dead_run(small(folder, 1), 700);
  const std::string dead = folder.runs().at(0);
  const Folder other;
  std::vector<std::string> before;
  for (const SegmentFile& file : folder.segments()) before.push_back(read_file(file.path));

  const Scanned scanned(folder.path());
  ASSERT_THAT(scanned.records, SizeIs(700));
  for (std::uint64_t n = 0; n < 700; ++n) EXPECT_EQ(scanned.records[n], numbered(n));
  EXPECT_THAT(scanned.faults, IsEmpty());
  EXPECT_EQ(scanned.totals.journals, 1);
  EXPECT_EQ(scanned.totals.records, 700);
  EXPECT_EQ(scanned.totals.segments, before.size());
  std::vector<std::string> after;
  for (const SegmentFile& file : folder.segments()) after.push_back(read_file(file.path));
  EXPECT_EQ(after, before);

  EXPECT_EQ(Scanned(dead).records, scanned.records);
  EXPECT_EQ(Scanned(dead + "/").names, scanned.names);

  Journals journals(small(other));
  Journal& one = journals.add_worker();
  Journal& two = journals.add_worker();
  journals.start();
  for (std::uint64_t n = 0; n < 700; ++n) append_waiting(n % 2 == 0 ? one : two, numbered(n));
  const Scanned living(other.path());
  EXPECT_THAT(living.records, SizeIs(700));
  EXPECT_THAT(living.faults, IsEmpty());
  EXPECT_EQ(living.names, journals.names());
}

TEST(ScanJournals, AFolderThatIsNoneThrows) {
  const Folder folder;
  EXPECT_THROW(Scanned(folder.path() + "/nothing"), std::runtime_error);
  EXPECT_EQ(Scanned(folder.path()).totals.journals, 0);
}

}  // namespace
}  // namespace bidwell::events
