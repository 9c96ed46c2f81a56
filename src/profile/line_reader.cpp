#include "profile/line_reader.h"

#include <algorithm>
#include <cstring>

namespace bidwell::profile {

LineReader::LineReader(std::istream& in, std::size_t line_bytes_max)
    : in_(in), line_bytes_max_(line_bytes_max), buffer_(line_bytes_max + (256 << 10)) {
  fill();
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (std::string_view(buffer_.data(), to_).starts_with(kMark)) from_ = bytes_ = kMark.size();
}

// Moves what is left to the front, and reads as much as fits. False when nothing came.
bool LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + from_, to_ - from_);
  to_ -= from_;
  from_ = 0;
  in_.read(buffer_.data() + to_, static_cast<std::streamsize>(buffer_.size() - to_));
  const auto came = static_cast<std::size_t>(in_.gcount());
  to_ += came;
  return came != 0;
}

bool LineReader::next(std::string_view& line) {
  std::size_t looked = 0;
  const char* end = nullptr;
  while (end == nullptr) {
    end = static_cast<const char*>(std::memchr(buffer_.data() + from_ + looked, '\n', to_ - from_ - looked));
    if (end != nullptr) break;
    looked = to_ - from_;
    if (looked > line_bytes_max_ || !fill()) break;
  }
  if (end == nullptr && from_ == to_) return false;
  ++number_;
  const char* start = buffer_.data() + from_;
  const std::size_t size = end != nullptr ? static_cast<std::size_t>(end - start) : to_ - from_;
  const std::size_t taken = size + (end != nullptr ? 1 : 0);
  from_ += taken;
  bytes_ += taken;
  too_long_ = size > line_bytes_max_;
  line = too_long_ ? std::string_view() : std::string_view(start, size);
  if (too_long_ && end == nullptr) skip_rest();
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

// To the end of a line whose beginning filled the buffer.
void LineReader::skip_rest() {
  while (fill()) {
    const void* end = std::memchr(buffer_.data(), '\n', to_);
    from_ = end == nullptr ? to_ : static_cast<std::size_t>(static_cast<const char*>(end) + 1 - buffer_.data());
    bytes_ += from_;
    if (end != nullptr) return;
  }
}

char LineReader::peek() {
  return from_ != to_ || fill() ? buffer_[from_] : '\0';
}

}  // namespace bidwell::profile
