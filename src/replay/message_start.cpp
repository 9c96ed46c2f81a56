// Looks for "HTTP/1." and reads backwards from there.
#include "replay/message_start.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace bidwell::replay {
namespace {

constexpr std::string_view kProtocol = "HTTP/1.";
constexpr std::size_t kMethodMax = 32;
constexpr std::size_t kTargetMax = 16 << 10;

// None is the end of another.
constexpr std::array<std::string_view, 12> kMethods = {"GET",   "POST",    "PUT",   "HEAD",     "DELETE", "OPTIONS",
                                                       "PATCH", "CONNECT", "TRACE", "PROPFIND", "REPORT", "SEARCH"};

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool in_method(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

constexpr bool in_target(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

enum class Match { yes, no, unfinished };

// The protocol stands at `at` and in front of it there is a blank.
Match request_line(std::string_view bytes, std::size_t at, bool at_boundary, std::size_t& begin) {
  const std::size_t tail = at + kProtocol.size();
  const std::string_view end = bytes.substr(std::min(bytes.size(), tail + 1), 2);
  if (tail < bytes.size() && !is_digit(bytes[tail])) return Match::no;
  const bool ends = end.starts_with('\n') || end == "\r\n";
  if (!ends && !end.empty() && end != "\r") return Match::no;

  std::size_t target = at - 1;
  const std::size_t target_min = target > kTargetMax ? target - kTargetMax : 0;
  while (target > target_min && in_target(bytes[target - 1])) --target;
  if (target == at - 1 || target == 0 || bytes[target - 1] != ' ') return Match::no;
  const std::size_t method_end = target - 1;
  std::size_t method = method_end;
  while (method > 0 && method_end - method <= kMethodMax && in_method(bytes[method - 1])) --method;
  const std::string_view run = bytes.substr(method, method_end - method);
  const bool at_start = method == 0 ? at_boundary : bytes[method - 1] == '\n';
  if (at_start && !run.empty() && run.size() <= kMethodMax) {
    begin = method;
  } else {
    const auto* known = std::find_if(kMethods.begin(), kMethods.end(), [&](auto name) { return run.ends_with(name); });
    if (known == kMethods.end()) return Match::no;
    begin = method_end - known->size();
  }
  return ends ? Match::yes : Match::unfinished;
}

Match status_line(std::string_view line) {
  constexpr std::string_view kForm = "HTTP/1.d ddd ";
  for (std::size_t i = kProtocol.size(); i < kForm.size(); ++i) {
    if (i >= line.size()) return Match::unfinished;
    // A reason may be missing with its blank.
    const bool fits = kForm[i] == 'd'         ? is_digit(line[i])
                      : i + 1 == kForm.size() ? line[i] == ' ' || line[i] == '\r' || line[i] == '\n'
                                              : line[i] == ' ';
    if (!fits) return Match::no;
  }
  return Match::yes;
}

// Or a continued one (RFC 9112, 5.2).
bool is_field(std::string_view line) {
  if (line[0] == ' ' || line[0] == '\t') return true;
  const std::size_t colon = std::min(line.find(':'), line.size());
  return colon > 0 && colon < line.size() &&
         std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), in_target);
}

// From where the last bytes could be part of an unfinished line. It has two blanks at most, so all before a method's
// length in front of the last but one is out of it.
std::size_t unfinished_from(std::string_view bytes) {
  constexpr std::size_t kLineMax = kTargetMax + 64;
  const std::size_t limit = bytes.size() > kLineMax ? bytes.size() - kLineMax : 0;
  std::size_t from = bytes.size();
  for (std::size_t i = bytes.size(), blanks = 0; i > limit && blanks < 2; --i) {
    if (bytes[i - 1] == '\n') return i - 1;
    if (bytes[i - 1] != ' ') continue;
    ++blanks;
    from = i - 1;
  }
  return from > kMethodMax + 2 ? from - kMethodMax - 2 : 0;
}

}  // namespace

std::optional<MessageStart> find_start(std::string_view bytes, const StartSearch& search, std::size_t& keep) noexcept {
  for (std::size_t at = bytes.find(kProtocol); at != std::string_view::npos; at = bytes.find(kProtocol, at + 1)) {
    std::size_t begin = at;
    Match match = Match::no;
    const bool is_request = at > 0 && bytes[at - 1] == ' ';
    if (is_request && search.requests) match = request_line(bytes, at, search.at_boundary, begin);
    if (!is_request && search.answers) match = status_line(bytes.substr(at));
    if (match == Match::yes) return MessageStart{begin, is_request};
    if (match == Match::unfinished) {
      keep = std::min(unfinished_from(bytes), begin > 0 ? begin - 1 : 0);  // with what is in front: a line's end or not
      return std::nullopt;
    }
  }
  keep = unfinished_from(bytes);
  return std::nullopt;
}

HeadSearch::State HeadSearch::look(std::string_view bytes) noexcept {
  for (std::size_t next = bytes.find('\n', line_); next != std::string_view::npos; next = bytes.find('\n', line_)) {
    std::string_view line = bytes.substr(line_, next - line_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      end = next + 1;
      return State::whole;
    }
    if (line_ > 0 && !is_field(line)) return State::malformed;
    line_ = next + 1;
  }
  return State::going;
}

bool begins_request(std::string_view bytes) noexcept {
  const std::size_t blank = bytes.find(' ');
  if (blank == std::string_view::npos || blank + 1 >= bytes.size()) return false;
  if (std::find(kMethods.begin(), kMethods.end(), bytes.substr(0, blank)) == kMethods.end()) return false;
  const std::string_view target = bytes.substr(blank + 1);
  if (target[0] != '/' && target[0] != '*' && !target.starts_with("http")) return false;
  const auto* end = std::find_if_not(target.begin(), target.end(), in_target);
  if (end == target.end()) return true;
  const std::string_view version(end + 1, target.end());
  if (*end != ' ' || !version.starts_with(kProtocol.substr(0, version.size()))) return false;
  const std::string_view behind = version.substr(std::min(version.size(), kProtocol.size()));
  return behind.empty() || (is_digit(behind[0]) && (behind.size() == 1 || behind.substr(1) == "\r"));
}

}  // namespace bidwell::replay
