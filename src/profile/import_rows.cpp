#include "profile/import_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace bidwell::profile {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The size of the UTF-8 sequence that `text` begins with (Unicode, table 3-7); 0: none.
std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
  if (size == 4 && (first < 0xf0 || first > 0xf4)) return 0;
  if (text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text[i])) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
  if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && byte(1) < 0x90) return 0;  // overlong
  if (first == 0xf4 && byte(1) > 0x8f) return 0;  // beyond U+10FFFF
  return size;
}

// Whether there are eight bytes of neither control characters nor more than ASCII.
bool plain(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL, kBlank = 0x2020202020202020ULL;
  return ((word | (word - kBlank)) & kHigh) == 0;
}

bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t';
}

}  // namespace

std::string_view describe(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::too_long: return "line too long";
    case Refusal::not_utf8: return "not UTF-8";
    case Refusal::control_character: return "control character";
    case Refusal::not_json: return "not JSON";
    case Refusal::bad_quoting: return "bad quoting";
    case Refusal::columns: return "wrong number of columns";
    case Refusal::unknown_field: return "unknown field";
    case Refusal::user: return "no user's name";
    case Refusal::segments: return "bad segments";
    case Refusal::attributes: return "bad attributes";
    case Refusal::history: return "bad history";
    case Refusal::profile_too_large: return "profile too large";
  }
  return "";
}

void UserRow::clear() {
  user.clear();
  contents.segments.clear();
  contents.attributes.clear();
  contents.history.clear();
}

void check_text(std::string_view line) {
  for (std::size_t i = 0; i < line.size();) {
    if (i + 8 <= line.size() && plain(line.data() + i)) {
      i += 8;
      continue;
    }
    const std::size_t size = utf8_size(line.substr(i, 4));
    if (size == 0) throw RefusedBecause{Refusal::not_utf8, fmt::format("at byte {}", i + 1)};
    if (size == 1 && control(line[i])) {
      throw RefusedBecause{Refusal::control_character,
                           fmt::format("0x{:02x} at byte {}", static_cast<unsigned char>(line[i]), i + 1)};
    }
    i += size;
  }
}

// JSON can have them as escapes.
void check_controls(std::string_view text, Refusal reason) {
  if (std::any_of(text.begin(), text.end(), control)) throw RefusedBecause{reason, "one with a control character"};
}

void add_attribute(UserRow& row, std::string_view name, std::string_view value) {
  check_controls(name, Refusal::attributes);
  check_controls(value, Refusal::attributes);
  if (name.empty()) throw RefusedBecause{Refusal::attributes, "one without a name"};
  if (name.find('=') != name.npos) {
    throw RefusedBecause{Refusal::attributes, fmt::format("the name \"{}\" must not contain =", name)};
  }
  std::string& attribute = row.contents.attributes.emplace_back();
  attribute.reserve(name.size() + 1 + value.size());
  attribute.append(name).append(1, '=').append(value);
}

std::uint32_t parse_segment(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  throw RefusedBecause{Refusal::segments,
                       fmt::format("\"{}\": segments are integers from 0 to 4294967295, not names", text)};
}

}  // namespace bidwell::profile
