// One pass over a JSON document: a state for each open container, strings in steps of eight bytes.
#include "bidwell/replay/json_edit.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace bidwell::replay {
namespace {

constexpr std::size_t kDepthMax = 128;

constexpr bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool hex(char c) noexcept {
  return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The high bit of each byte that ends a run of plain text in a string: a quote, a backslash or a control character.
// Borrows may mark a byte above a marked one too, never one below: the lowest is right.
std::uint64_t special_bytes(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const std::uint64_t quote = word ^ (kOnes * '"'), slash = word ^ (kOnes * '\\');
  return (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
}

class Scanner {
 public:
  Scanner(std::string_view document, JsonEditor& editor, std::string* out)
      : begin_(document.data()),
        at_(begin_),
        end_(begin_ + document.size()),
        copied_(begin_),
        editor_(editor),
        out_(out) {}

  bool run() {
    if (out_ != nullptr) out_->clear(), out_->reserve(static_cast<std::size_t>(end_ - begin_) + 64);
    skip_blanks();
    if (!value()) return false;
    while (depth_ > 0) {
      if (!next_in_container()) return false;
    }
    skip_blanks();
    if (at_ != end_) return false;
    if (out_ != nullptr) out_->append(copied_, end_);
    return true;
  }

 private:
  struct Level {
    bool object = false;
    bool empty = true;
  };

  void skip_blanks() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  // Behind a value or an opening bracket: what comes next in the innermost container.
  bool next_in_container() {
    Level& level = levels_[depth_ - 1];
    skip_blanks();
    if (at_ == end_) return false;
    if (*at_ == (level.object ? '}' : ']')) {
      ++at_;
      if (level.object) --keys_;
      --depth_;
      return true;
    }
    if (!level.empty) {
      if (*at_++ != ',') return false;
      skip_blanks();
    }
    level.empty = false;
    return level.object ? member() : value();
  }

  bool member() {
    const char* const start = at_;
    if (at_ == end_ || *at_ != '"' || !string()) return false;
    path_[keys_ - 1] = std::string_view(start + 1, static_cast<std::size_t>(at_ - start) - 2);
    skip_blanks();
    if (at_ == end_ || *at_++ != ':') return false;
    skip_blanks();
    return value();
  }

  // A container is only opened here: the loop in run() goes through it.
  bool value() {
    if (at_ == end_) return false;
    const char* const start = at_;
    switch (*at_) {
      case '{':
      case '[': return open(*at_++ == '{');
      case '"': return string() && visit(JsonKind::string, start);
      case 't': return word("true") && visit(JsonKind::boolean, start);
      case 'f': return word("false") && visit(JsonKind::boolean, start);
      case 'n': return word("null") && visit(JsonKind::null, start);
      default: return number() && visit(JsonKind::number, start);
    }
  }

  bool open(bool object) noexcept {
    if (depth_ == kDepthMax) return false;
    levels_[depth_++] = {object, true};
    if (object) ++keys_;
    return true;
  }

  bool word(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < text.size() || std::memcmp(at_, text.data(), text.size()) != 0) {
      return false;
    }
    at_ += text.size();
    return true;
  }

  bool number() noexcept {
    const auto digits = [this] {
      const char* const start = at_;
      while (at_ != end_ && digit(*at_)) ++at_;
      return at_ != start;
    };
    if (at_ != end_ && *at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.' && (++at_, !digits())) return false;
    if (at_ != end_ && (*at_ | 0x20) == 'e') {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      return digits();
    }
    return true;
  }

  // at_ stands on the opening quote, then behind the closing one.
  bool string() noexcept {
    ++at_;
    for (;;) {
      skip_plain();
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || !escape()) return false;
    }
  }

  // To a quote, a backslash, a control character or the end.
  void skip_plain() noexcept {
    static_assert(std::endian::native == std::endian::little);
    while (end_ - at_ >= 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, at_, 8);
      if (const std::uint64_t found = special_bytes(bytes); found != 0) {
        at_ += std::countr_zero(found) / 8;
        return;
      }
      at_ += 8;
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
  }

  bool escape() noexcept {
    if (at_ == end_) return false;
    switch (*at_++) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': return true;
      case 'u':
        if (end_ - at_ < 4 || !hex(at_[0]) || !hex(at_[1]) || !hex(at_[2]) || !hex(at_[3])) return false;
        at_ += 4;
        return true;
      default: return false;
    }
  }

  bool visit(JsonKind kind, const char* start) {
    const std::optional<std::string> text = editor_.edit({{path_.data(), keys_},
                                                          kind,
                                                          {start, static_cast<std::size_t>(at_ - start)},
                                                          static_cast<std::size_t>(start - begin_)});
    if (text && out_ != nullptr) {
      out_->append(copied_, start).append(*text);
      copied_ = at_;
    }
    return true;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const char* copied_;  // up to here it is in out_
  JsonEditor& editor_;
  std::string* const out_;
  std::array<Level, kDepthMax> levels_;
  std::array<std::string_view, kDepthMax> path_;  // the key in each open object
  std::size_t depth_ = 0, keys_ = 0;
};

}  // namespace

bool edit_json(std::string_view document, JsonEditor& editor, std::string* out) {
  return Scanner(document, editor, out).run();
}

}  // namespace bidwell::replay
