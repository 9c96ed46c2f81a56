// The message framing of RFC 9112, sections 2 to 7, as a client needs it.
#include "replay/answer_reader.h"

#include <algorithm>
#include <cstring>

namespace bidwell::replay {
namespace {

constexpr std::size_t kHeadMax = 64 << 10;
constexpr std::size_t kLineMax = 4096;  // a chunk's size with its extensions, or a trailer
constexpr std::string_view kVersion = "HTTP/1.", kLineEnd = "\r\n";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same(std::string_view text, std::string_view lower_case) noexcept {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Each element of a comma-separated list.
template <class Function>
void for_each_element(std::string_view list, Function&& function) {
  for (;;) {
    const std::size_t comma = list.find(',');
    function(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// Up to 18 digits, so that no sum overflows.
bool read_decimal(std::string_view text, std::int64_t& out) noexcept {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  out = 0;
  for (const char c : text) out = out * 10 + (c - '0');
  return true;
}

bool read_hex(std::string_view text, std::size_t& out) noexcept {
  if (text.empty() || text.size() > 15) return false;
  out = 0;
  for (const char c : text) {
    const char small = lower(c);
    if (!is_digit(small) && (small < 'a' || small > 'f')) return false;
    out = out * 16 + static_cast<std::size_t>(is_digit(small) ? small - '0' : small - 'a' + 10);
  }
  return true;
}

std::size_t find_from(std::string_view bytes, std::size_t from, std::string_view what) noexcept {
  if (from >= bytes.size()) return std::string_view::npos;
  const void* found = ::memmem(bytes.data() + from, bytes.size() - from, what.data(), what.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

}  // namespace

void AnswerReader::reset() noexcept {
  part_ = Part::head;
  at_ = searched_ = left_ = body_at_ = 0;
  status_ = 0;
  content_length_ = -1;
  keeps_alive_ = true;
  chunked_ = coded_ = false;
  chunks_.clear();
}

std::string_view AnswerReader::body(std::string_view bytes) const noexcept {
  return chunked_ ? std::string_view(chunks_) : bytes.substr(body_at_, at_ - body_at_);
}

AnswerReader::State AnswerReader::read(std::string_view bytes, bool to_head) {
  while (part_ == Part::head) {  // again behind each 1xx
    const State state = read_head(bytes, to_head);
    if (state != State::whole) return state;
  }
  const State state =
      part_ == Part::body || part_ == Part::rest || part_ == Part::whole ? read_body(bytes) : read_chunks(bytes);
  return at_ > bytes_max_ || (state == State::more && bytes.size() > bytes_max_) ? State::malformed : state;
}

AnswerReader::State AnswerReader::end(std::string_view bytes) {
  if (part_ != Part::rest) return State::more;
  at_ = bytes.size();
  keeps_alive_ = false;
  part_ = Part::whole;
  return State::whole;
}

// Whole: of the head.
AnswerReader::State AnswerReader::read_head(std::string_view bytes, bool to_head) {
  const std::string_view begin = bytes.substr(at_, kVersion.size());
  if (begin != kVersion.substr(0, begin.size())) return State::malformed;
  const std::size_t limit = std::min(bytes_max_, kHeadMax);
  const std::size_t found = find_from(bytes, std::max(at_, searched_), "\r\n\r\n");
  if (found == std::string_view::npos) {
    searched_ = bytes.size() < 3 ? 0 : bytes.size() - 3;
    return bytes.size() > limit ? State::malformed : State::more;
  }
  if (found + 4 > limit) return State::malformed;
  content_length_ = -1;
  chunked_ = coded_ = false;
  if (!read_fields(bytes.substr(at_, found + 2 - at_))) return State::malformed;
  at_ = searched_ = body_at_ = found + 4;
  if (status_ < 200) return status_ == 101 ? State::malformed : State::whole;  // nobody asked to switch

  if (to_head || status_ == 204 || status_ == 304) {
    chunked_ = false;
    part_ = Part::whole;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (coded_ || content_length_ < 0) {
    part_ = Part::rest;
  } else {
    if (static_cast<std::uint64_t>(content_length_) > bytes_max_) return State::malformed;
    left_ = static_cast<std::size_t>(content_length_);
    part_ = Part::body;
  }
  return State::whole;
}

// `head`: whole lines.
bool AnswerReader::read_fields(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);  // HTTP/1.1 200 OK
  if (line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return false;
  status_ = 0;
  for (const char c : line.substr(9, 3)) {
    if (!is_digit(c)) return false;
    status_ = status_ * 10 + static_cast<unsigned>(c - '0');
  }
  if (status_ < 100) return false;
  keeps_alive_ = line[7] != '0';

  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view field = head.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const char first = lower(field[0]);
    if ((first == 'c' || first == 't') && !read_field(field.substr(0, colon), trim(field.substr(colon + 1)))) {
      return false;
    }
    head.remove_prefix(end + 2);
  }
  return true;
}

bool AnswerReader::read_field(std::string_view name, std::string_view value) {
  if (same(name, "content-length")) {
    std::int64_t length = 0;
    if (!read_decimal(value, length) || (content_length_ >= 0 && content_length_ != length)) return false;
    content_length_ = length;
  } else if (same(name, "transfer-encoding")) {
    // Chunked delimits the body where it is the last coding.
    for_each_element(value, [this](std::string_view coding) {
      chunked_ = same(coding, "chunked");
      coded_ = true;
    });
  } else if (same(name, "connection")) {
    for_each_element(value, [this](std::string_view option) {
      if (same(option, "close")) keeps_alive_ = false;
      if (same(option, "keep-alive")) keeps_alive_ = true;
    });
  }
  return true;
}

AnswerReader::State AnswerReader::read_body(std::string_view bytes) {
  if (part_ == Part::whole) return State::whole;
  if (part_ == Part::rest || bytes.size() - at_ < left_) return State::more;
  at_ += left_;
  part_ = Part::whole;
  return State::whole;
}

AnswerReader::State AnswerReader::read_chunks(std::string_view bytes) {
  for (;;) {
    if (part_ == Part::chunk) {
      const std::string_view piece = bytes.substr(at_, left_);
      chunks_.append(piece);
      at_ += piece.size();
      left_ -= piece.size();
      if (left_ > 0) return State::more;
      part_ = Part::chunk_end;
    }
    if (part_ == Part::chunk_end) {
      const std::string_view end = bytes.substr(at_, kLineEnd.size());
      if (end != kLineEnd.substr(0, end.size())) return State::malformed;
      if (end.size() < kLineEnd.size()) return State::more;
      at_ = searched_ = at_ + kLineEnd.size();
      part_ = Part::chunk_size;
    }
    const std::size_t found = find_from(bytes, std::max(at_, searched_), "\r\n");
    if (found == std::string_view::npos || found - at_ > kLineMax) {
      searched_ = std::max(at_, bytes.size() - 1);
      return bytes.size() - at_ > kLineMax + 1 ? State::malformed : State::more;
    }
    const std::string_view line = bytes.substr(at_, found - at_);
    at_ = searched_ = found + 2;
    if (at_ > bytes_max_) return State::malformed;
    if (part_ == Part::trailer) {
      if (!line.empty()) continue;
      part_ = Part::whole;
      return State::whole;
    } else {
      if (!read_hex(trim(line.substr(0, line.find(';'))), left_) || left_ > bytes_max_) return State::malformed;
      part_ = left_ == 0 ? Part::trailer : Part::chunk;
    }
  }
}

}  // namespace bidwell::replay
