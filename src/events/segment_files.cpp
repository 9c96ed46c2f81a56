// The names of segment files.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <tuple>

#include "events/segment.h"

namespace bidwell::events {
namespace {

// "<worker>-<number>.journal".
bool parse_name(std::string_view name, SegmentFile& file) {
  const char* const end = name.data() + name.size();
  const auto worker = std::from_chars(name.data(), end, file.worker);
  if (worker.ec != std::errc() || worker.ptr == end || *worker.ptr != '-') return false;
  const auto number = std::from_chars(worker.ptr + 1, end, file.number);
  return number.ec == std::errc() &&
         std::string_view(number.ptr, static_cast<std::size_t>(end - number.ptr)) == ".journal";
}

}  // namespace

std::string segment_name(std::uint32_t worker, std::uint64_t number) {
  return fmt::format("{}-{:08}.journal", worker, number);
}

std::vector<SegmentFile> list_segments(const std::string& folder) {
  std::vector<SegmentFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SegmentFile file;
    file.path = entry.path().string();
    if (parse_name(entry.path().filename().string(), file)) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const SegmentFile& a, const SegmentFile& b) {
    return std::tie(a.worker, a.number) < std::tie(b.worker, b.number);
  });
  return files;
}

}  // namespace bidwell::events
