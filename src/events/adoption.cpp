// Makes a dead run's segments ready to be read: finds where each journal ends, cuts what was being written when its
// process died, and removes segments that were prepared and never used. Damages before the end stay: readers pass them.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <system_error>

#include "events/chain.h"

namespace bidwell::events {
namespace {

struct Opened {
  SegmentFile file;
  std::optional<SegmentHeader> header;  // as it stands there
  std::size_t size = 0;
};

std::system_error failed(const std::string& path, const char* what) {
  return {errno, std::generic_category(), fmt::format("{}: {}", path, what)};
}

Opened look_at(SegmentFile file) {
  char bytes[kSegmentHeader];
  const int fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) throw failed(file.path, "open it");
  const ssize_t got = ::pread(fd, bytes, sizeof bytes, 0);
  const int error = errno;
  ::close(fd);
  if (got < 0) {
    errno = error;
    throw failed(file.path, "read it");
  }
  Opened opened{std::move(file), SegmentHeader::parse({bytes, static_cast<std::size_t>(got)}),
                static_cast<std::size_t>(status.st_size)};
  const auto& header = opened.header;
  if (header && (header->worker != opened.file.worker || header->number != opened.file.number)) opened.header.reset();
  return opened;
}

// How many bytes at the room's end have something in them.
std::size_t written_behind(const Room& room, std::size_t offset) {
  std::size_t end = room.size;
  while (end > offset && room.bytes[end - 1] == 0) --end;
  return end - offset;
}

// Neither its header nor a record had reached the disk when the power went.
bool is_empty(const std::string& path) {
  const SegmentPtr file = open_segment(path, {});
  return std::all_of(file->map, file->map + file->mapped_bytes, [](char byte) { return byte == 0; });
}

class Adopting {
 public:
  Adopting(const std::string& run_name, const std::string& folder) : run_name_(run_name) {
    for (SegmentFile& file : list_segments(folder)) files_.push_back(look_at(std::move(file)));
    for (const Opened& opened : files_) {
      if (opened.header && !model_) model_ = opened.header;
    }
  }

  Adoption run() {
    for (auto from = files_.begin(); from != files_.end();) {
      const auto to = std::find_if(from, files_.end(),
                                   [&](const Opened& opened) { return opened.file.worker != from->file.worker; });
      adopt_journal({from, to});
      from = to;
    }
    return std::move(result_);
  }

 private:
  void adopt_journal(const std::vector<Opened>& files) {
    Chain chain;
    chain.name = fmt::format("{}/{}", run_name_, files.front().file.worker);
    for (const Opened& opened : files) {
      if (SegmentPtr segment = open(opened)) chain.segments.push_back(std::move(segment));
    }
    find_end(chain);
    if (chain.segments.empty()) return;
    chain.gaps_known = chain.segments.front()->first();
    for (std::size_t i = 1; i < chain.segments.size(); ++i) {
      const Segment& before = *chain.segments[i - 1];
      const std::uint64_t first = chain.segments[i]->first();
      if (before.end() != first) result_.gaps.push_back({before.end(), first, before.path});
    }
    result_.chains.push_back(std::move(chain));
  }

  SegmentPtr open(const Opened& opened) {
    if (opened.size > kSegmentHeader && model_) {
      SegmentHeader header = *model_;
      header.worker = opened.file.worker;
      header.number = opened.file.number;
      if (!opened.header) result_.log.push_back(opened.file.path + ": its header is damaged; its records are read");
      return open_segment(opened.file.path, header);
    }
    if (opened.size <= kSegmentHeader || is_empty(opened.file.path)) {
      remove(opened.file.path);
    } else {
      result_.clean = false;
      result_.log.push_back(opened.file.path + ": no segment of its run has a header that can be read; left as it is");
    }
    return nullptr;
  }

  void find_end(Chain& chain) {
    while (!chain.segments.empty()) {
      Segment& last = *chain.segments.back();
      const Room room = last.room();
      const std::size_t end = end_of_records(room);
      if (look(room, end).place != Place::seal) report_tail(last, end, written_behind(room, end));
      if (end > 0) {
        chain.end = last.first() + end;
        cut_segment(last, end);
        return;
      }
      remove(last.path);
      chain.segments.pop_back();
    }
  }

  void report_tail(const Segment& segment, std::size_t end, std::size_t bytes) {
    if (bytes == 0) return;
    result_.log.push_back(fmt::format("{}: cut {} bytes at position {}: no whole record is there", segment.path, bytes,
                                      segment.first() + end));
  }

  void remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) throw failed(path, "remove it");
  }

  const std::string& run_name_;
  std::vector<Opened> files_;  // by worker and number
  std::optional<SegmentHeader> model_;
  Adoption result_;
};

}  // namespace

Adoption adopt_segments(const std::string& run_name, const std::string& folder) {
  return Adopting(run_name, folder).run();
}

}  // namespace bidwell::events
