// Reads journals for tools, as they stand on disk, with read(): who has them may cut or remove them meanwhile.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "bidwell/events/journals.h"
#include "events/run.h"
#include "events/segment.h"

namespace bidwell::events {
namespace {

namespace fs = std::filesystem;

// A file's bytes, aligned as records need it.
class Bytes {
 public:
  // False: it is gone. Throws std::system_error.
  bool read(const std::string& path) {
    size_ = 0;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return false;
    struct stat status {};
    ssize_t got = fd < 0 || ::fstat(fd, &status) != 0 ? -1 : 1;
    if (got > 0) words_.resize((static_cast<std::size_t>(status.st_size) + 7) / 8);
    while (got > 0) {
      got = ::pread(fd, data() + size_, words_.size() * 8 - size_, static_cast<off_t>(size_));
      if (got > 0) size_ += static_cast<std::size_t>(got);
    }
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (got < 0) throw std::system_error(error, std::generic_category(), path);
    return true;
  }

  std::string_view text() { return {data(), size_}; }

 private:
  char* data() { return reinterpret_cast<char*>(words_.data()); }

  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

class Scan {
 public:
  Scan(const std::function<void(std::string_view, const Journals::Record&)>& on_record,
       const std::function<void(const JournalFault&)>& on_fault)
      : on_record_(on_record), on_fault_(on_fault) {}

  void run(const std::string& path) {
    const std::vector<SegmentFile> files = list_segments(path);
    model_.reset();
    for (const SegmentFile& file : files) {
      if (model_ || !bytes_.read(file.path)) continue;
      model_ = SegmentHeader::parse(bytes_.text());
    }
    const std::string name = fs::path(path).filename().string();
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (i == 0 || files[i].worker != files[i - 1].worker) begin_journal(fmt::format("{}/{}", name, files[i].worker));
      segment(files[i]);
    }
  }

  const JournalTotals& totals() const { return totals_; }

 private:
  void begin_journal(std::string name) {
    name_ = std::move(name);
    ++totals_.journals;
    pending_.reset();
    expected_.reset();
  }

  void fault(JournalFault found) {
    ++totals_.faults;
    if (on_fault_) on_fault_(found);
  }

  void segment(const SegmentFile& file) {
    if (!bytes_.read(file.path)) return;
    ++totals_.segments;
    const std::string_view text = bytes_.text();
    std::optional<SegmentHeader> header = SegmentHeader::parse(text);
    const bool right = header && header->worker == file.worker && header->number == file.number;
    if (!right) header = model_;
    const bool empty = text.find_first_not_of('\0') == text.npos;  // just made
    if (!right && !empty) fault({file.path, 0, header ? "its header is damaged" : "no header of its run can be read"});
    if (!header || empty || text.size() <= kSegmentHeader) return;
    const std::size_t there = (text.size() - kSegmentHeader) / 8 * 8;
    records(file,
            {text.data() + kSegmentHeader, std::min<std::size_t>(header->room, there), file.number * header->room,
             header->salt},
            header->room);
  }

  // What is wrong at a journal's end is no fault: it was being written. So faults wait for a record that follows.
  void records(const SegmentFile& file, const Room& room, std::uint64_t whole) {
    std::size_t at = 0;
    bool first = true;
    while (at < room.size) {
      const Found found = look(room, at);
      if (found.place == Place::seal) {
        at = whole;
      } else if (found.place == Place::record) {
        if (std::exchange(first, false)) check_sequence(file);
        if (pending_) fault(*std::exchange(pending_, std::nullopt));
        at = record(room, at, found.size);
      } else {
        const std::size_t next = find_record(room, at + 8);
        if (!pending_) pending_ = damage(file, at, next >= room.size ? whole : next);
        at = std::max(next, at + 8);
        if (next >= room.size) break;
      }
    }
    if (at < whole && !pending_) pending_ = damage(file, at, whole);
    if (!first) expected_ = file.number + 1;
  }

  std::size_t record(const Room& room, std::size_t at, std::size_t size) {
    const std::size_t next = at + record_room(size);
    ++totals_.records;
    totals_.bytes += record_room(size);
    if (on_record_) on_record_(name_, {room.first + at, room.first + next, {room.bytes + at + kRecordHead, size}});
    return next;
  }

  void check_sequence(const SegmentFile& file) {
    if (!expected_ || file.number == *expected_) return;
    fault({file.path, 0, fmt::format("{} segments before it are missing", file.number - *expected_)});
  }

  static JournalFault damage(const SegmentFile& file, std::size_t from, std::size_t to) {
    return {file.path, kSegmentHeader + from, fmt::format("{} bytes cannot be read", to - from)};
  }

  const std::function<void(std::string_view, const Journals::Record&)>& on_record_;
  const std::function<void(const JournalFault&)>& on_fault_;
  Bytes bytes_;
  JournalTotals totals_;

  // Of a run.
  std::optional<SegmentHeader> model_;
  // Of a journal.
  std::string name_;
  std::optional<JournalFault> pending_;
  std::optional<std::uint64_t> expected_;  // the next segment's number
};

}  // namespace

JournalTotals scan_journals(const std::string& path,
                            const std::function<void(std::string_view name, const Journals::Record&)>& on_record,
                            const std::function<void(const JournalFault&)>& on_fault) {
  if (!fs::is_directory(path)) throw std::runtime_error(path + ": no folder of journals");
  Scan scan(on_record, on_fault);
  const std::vector<std::string> runs = Run::list(path);
  for (const std::string& name : runs) scan.run(path + "/" + name);
  if (runs.empty()) scan.run(fs::weakly_canonical(path).string());
  return scan.totals();
}

}  // namespace bidwell::events
