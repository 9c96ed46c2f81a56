// A state for each kind of line, and one for data.
#include "replay/chunks.h"

#include <algorithm>
#include <charconv>

namespace bidwell::replay {
namespace {

constexpr std::size_t kLineMax = 8 << 10;

}  // namespace

void ChunkReader::begin() {
  at_ = At::size;
  too_large_ = false;
  left_ = 0;
  line_.clear();
}

ChunkReader::State ChunkReader::take(std::string_view& bytes, std::size_t size_max, std::string& out) {
  while (!bytes.empty()) {
    if (at_ == At::data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      too_large_ = too_large_ || size > size_max || out.size() > size_max - size;
      if (!too_large_) out.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      left_ -= size;
      if (left_ == 0) at_ = At::data_end;
      continue;
    }
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (line_.size() > kLineMax) return State::broken;
    if (end == std::string_view::npos) return State::going;
    if (line_.ends_with('\r')) line_.pop_back();
    const std::string line = std::move(line_);
    line_.clear();
    switch (at_) {
      case At::size:
        if (!take_size(line)) return State::broken;
        break;
      case At::data_end:
        if (!line.empty()) return State::broken;
        at_ = At::size;
        break;
      case At::trailer:
        if (line.empty()) return too_large_ ? State::too_large : State::whole;
        break;
      case At::data: break;  // has no lines
    }
  }
  return State::going;
}

bool ChunkReader::take_size(std::string_view line) {
  const char* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, left_, 16);
  if (error != std::errc() || (stop != end && *stop != ';' && *stop != ' ' && *stop != '\t')) return false;
  at_ = left_ == 0 ? At::trailer : At::data;
  return true;
}

bool ChunkReader::skip(std::uint64_t bytes) noexcept {
  if (at_ != At::data || bytes > left_) return false;
  left_ -= bytes;
  if (left_ == 0) at_ = At::data_end;
  return true;
}

}  // namespace bidwell::replay
