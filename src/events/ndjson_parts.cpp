#include "events/ndjson_parts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "events/calendar.h"

namespace bidwell::events {
namespace {

constexpr std::size_t kBuffer = 256 << 10;

std::string folder_of(std::int64_t hour) {
  if (hour == Parts::kRejected) return "_rejected";
  std::array<char, 32> text;
  return {text.data(), write_hour_folder(text.data(), hour)};
}

}  // namespace

Parts::Parts(std::string folder, std::string prefix, Compression compression)
    : folder_(std::move(folder)),
      called_("a file in " + folder_),
      prefix_(std::move(prefix)),
      compression_(compression) {}

void Parts::add(std::int64_t hour, std::string_view lines) {
  Part& part = open(hour);
  part.last_used = ++uses_;
  part.bytes += lines.size();
  largest_ = std::max(largest_, part.bytes);
  part.compressor->add(lines, part.buffer);
  if (part.buffer.size() >= kBuffer) flush(part);
}

Parts::Part& Parts::open(std::int64_t hour) {
  const auto [at, is_new] = parts_.try_emplace(hour);
  Part& part = at->second;
  if (part.compressor) return part;
  if (open_ == kOpenMax) close_one();
  if (is_new) part.name = fmt::format("{}-{:06}.ndjson{}", prefix_, ++number_, file_ending(compression_));
  part.file = File(path(part), O_WRONLY | O_CREAT | O_APPEND, called_);
  part.compressor = make_compressor(compression_);
  ++open_;
  return part;
}

// The one that was not used for longest.
void Parts::close_one() {
  Part* oldest = nullptr;
  for (auto& [hour, part] : parts_) {
    if (part.compressor && (oldest == nullptr || part.last_used < oldest->last_used)) oldest = &part;
  }
  close(*oldest);
}

void Parts::close(Part& part) {
  part.compressor->finish(part.buffer);
  flush(part);
  part.file.close();
  part.compressor.reset();
  part.buffer = {};
  --open_;
}

void Parts::flush(Part& part) {
  part.file.write(part.buffer);
  part.file_bytes += part.buffer.size();
  part.buffer.clear();
}

void Parts::finish() {
  for (auto& [hour, part] : parts_) {
    if (part.compressor) close(part);
    // Also what was closed long ago may not be on disk yet; which descriptor asks does not matter.
    File(path(part), O_WRONLY, called_).sync();
  }
  largest_ = 0;
}

std::vector<std::string> Parts::places() const {
  std::vector<std::string> all;
  for (const auto& [hour, part] : parts_) all.push_back(folder_of(hour) + "/" + part.name);
  return all;
}

void Parts::drop() noexcept {
  for (const auto& [hour, part] : parts_) ::unlink(path(part).c_str());
  parts_.clear();
  open_ = 0;
  largest_ = 0;
}

std::uint64_t Parts::file_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [hour, part] : parts_) sum += part.file_bytes;
  return sum;
}

}  // namespace bidwell::events
