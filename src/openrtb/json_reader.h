// A cursor over a JSON text by its structural index, and tolerant reading at it: how a string, an
// integer or a list is taken from whatever an exchange put in its place.
//
// The cursor stands at a value. Scalars are read without moving it; each_field and each_element
// move it through and past their object or array. Whatever a visitor leaves unread is skipped.
#pragma once

#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "bidwell/core/text.h"
#include "bidwell/openrtb/parse.h"
#include "openrtb/json_index.h"

namespace bidwell::openrtb {

// A fixed array that a request's lists are cut from. Lists of one type never nest, so each is
// contiguous: note `size()`, push the entries, take `since()`.
template <class T>
class Pool {
 public:
  explicit Pool(std::size_t capacity) : storage_(new T[capacity]), capacity_(capacity) {}

  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }
  // Null when full.
  T* push(const T& value) noexcept {
    if (size_ == capacity_) return nullptr;
    T* slot = &storage_[size_++];
    *slot = value;
    return slot;
  }
  std::span<T> since(std::size_t first) noexcept { return {&storage_[first], size_ - first}; }

 private:
  std::unique_ptr<T[]> storage_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

// A key's first eight bytes as a number to switch on: key8("bidfloor").
constexpr std::uint64_t key8(std::string_view text) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size() && i < 8; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return word;
}

// All that the parser's parts share while they read one request.
class JsonReader {
 public:
  explicit JsonReader(const ParserLimits& limits)
      : strings(limits.strings_max),
        integers(limits.integers_max),
        imps(limits.imps_max),
        deals(limits.deals_max),
        formats(limits.formats_max),
        assets(limits.assets_max),
        eids(limits.identifiers_max),
        segments(limits.identifiers_max),
        nodes(limits.identifiers_max),
        index_(limits.body_bytes_max),
        inner_index_(limits.body_bytes_max),
        unescaper_(limits.body_bytes_max),
        text_(new char[2 * limits.body_bytes_max + Parser::kPadding]),
        text_capacity_(2 * limits.body_bytes_max) {}

  // Puts the cursor at the body's first value. The body must have Parser::kPadding readable bytes
  // behind it.
  void start(std::string_view body) noexcept {
    error_ = ParseError::none;
    text_size_ = 0;
    strings.clear(), integers.clear(), imps.clear(), deals.clear(), formats.clear(), assets.clear();
    eids.clear(), segments.clear(), nodes.clear();
    enter(index_, body);
  }

  // Reads another JSON text, one that stood in a string, by `read`; then the cursor is where it
  // was. False when that text is not one JSON value: not a fault of the text around it.
  template <class Read>
  bool nested(std::string_view text, Read&& read) noexcept {
    const Cursor outer = cursor_;
    enter(inner_index_, text);
    if (!failed()) read();
    const bool whole = !failed() && at_end();
    if (error_ != ParseError::too_many) error_ = ParseError::none;
    cursor_ = outer;
    return whole;
  }

  void fail(ParseError what) noexcept {
    if (error_ == ParseError::none) error_ = what;
  }
  bool failed() const noexcept { return error_ != ParseError::none; }
  ParseError error() const noexcept { return error_; }

  bool at_end() const noexcept { return cursor_.at == cursor_.end; }
  bool is_object() const noexcept { return first() == '{'; }
  bool is_string() const noexcept { return first() == '"'; }
  bool is_null() const noexcept { return token() == "null"; }

  // A string, or a number's text; anything else is empty.
  std::string_view string() noexcept {
    const std::string_view raw = token();
    if (raw[0] != '"') return is_number(raw) ? raw : std::string_view{};
    return may_have_escape(raw) ? unescape(raw) : inside(raw);
  }

  std::int32_t integer(std::int32_t otherwise = kAbsent) noexcept {
    std::int32_t number = 0;
    if (short_integer(number)) return number;
    std::string_view raw = token();
    if (is_string()) raw = trim(inside(raw));
    if (raw == "true") return 1;
    if (raw == "false") return 0;
    return integer_from(raw, otherwise);
  }

  double coordinate() noexcept {
    std::string_view raw = token();
    if (is_string()) raw = trim(inside(raw));
    double number = kNoCoordinate;
    const auto result = std::from_chars(raw.data(), raw.data() + raw.size(), number);
    return result.ec == std::errc{} && result.ptr == raw.data() + raw.size() ? number : kNoCoordinate;
  }

  void floor(Floor& floor) noexcept {
    std::string_view raw = token();
    floor.state = Floor::State::absent;
    floor.micros = 0;
    if (raw == "null") return;
    if (is_string()) {
      raw = inside(raw);
    } else if (!is_number(raw)) {
      raw = {};
    }
    const auto amount = parse_micros(raw, Rounding::up);
    floor.state = amount ? Floor::State::read : Floor::State::unreadable;
    if (amount && *amount > 0) floor.micros = *amount;
  }

  Strings string_list() noexcept {
    const std::size_t first = strings.size();
    each_or_single([&] {
      const std::string_view text = string();
      if (!text.empty()) push(strings, text);
    });
    return strings.since(first);
  }

  std::span<const std::int32_t> integer_list() noexcept {
    const std::size_t first = integers.size();
    each_or_single([&] {
      const std::int32_t number = integer();
      if (number != kAbsent) push(integers, number);
    });
    return integers.since(first);
  }

  EnumSet enum_set() noexcept {
    EnumSet set;
    each_or_single([&] { set.insert(integer()); });
    return set;
  }

  // Calls visit(head, key) for every field of an object, with the cursor at its value; `head` is
  // key8 of the key. False, and nothing moved, when the value is no object.
  //
  // Bounds: the text's last structural character is a closing brace, so whatever is not one has a
  // successor; only behind a closed object or array the index may be at its end.
  template <class Visit>
  bool each_field(Visit&& visit) noexcept {
    if (!is_object()) return false;
    const char* const text = cursor_.text;
    const std::uint32_t* at = cursor_.at + 1;                    // the member is written once a field: it is the
    if (at < cursor_.end && text[*at] == '}') return leave(at);  // loop's longest dependency
    while (at < cursor_.end) {
      if (text[at[0]] != '"' || text[at[1]] != ':') break;
      const std::string_view key = key_at(at);
      at += 2;
      cursor_.at = at;
      visit(key8_of(key), key);
      if (failed()) return true;
      at = cursor_.at == at ? skip(at) : cursor_.at;
      if (at >= cursor_.end) break;
      const char separator = text[*at];
      if (separator == '}') return leave(at);
      if (separator != ',') break;
      ++at;
    }
    fail(ParseError::not_json);
    return true;
  }

  // Calls visit() for every element of an array, with the cursor at it. False, and nothing moved,
  // for anything else.
  template <class Visit>
  bool each_element(Visit&& visit) noexcept {
    if (first() != '[') return false;
    const char* const text = cursor_.text;
    const std::uint32_t* at = cursor_.at + 1;
    if (at < cursor_.end && text[*at] == ']') return leave(at);
    while (at < cursor_.end) {
      cursor_.at = at;
      visit();
      if (failed()) return true;
      at = cursor_.at == at ? skip(at) : cursor_.at;
      if (at >= cursor_.end) break;
      const char separator = text[*at];
      if (separator == ']') return leave(at);
      if (separator != ',') break;
      ++at;
    }
    fail(ParseError::not_json);
    return true;
  }

  template <class T>
  T* push(Pool<T>& pool, const T& value = {}) noexcept {
    T* slot = pool.push(value);
    if (slot == nullptr) fail(ParseError::too_many);
    return slot;
  }

  Pool<std::string_view> strings;
  Pool<std::int32_t> integers;
  Pool<Imp> imps;
  Pool<Deal> deals;
  Pool<Format> formats;
  Pool<NativeAsset> assets;
  Pool<Eid> eids;
  Pool<Segment> segments;
  Pool<SupplyChainNode> nodes;

 private:
  struct Cursor {
    const char* text = nullptr;
    // The position of the value's first character; at[1] is where the next structural one stands.
    const std::uint32_t* at = nullptr;
    const std::uint32_t* end = nullptr;
    const char* first_escape = nullptr;  // strings that end before it have none
  };

  void enter(JsonIndex& index, std::string_view text) noexcept {
    if (!index.build(text)) return fail(ParseError::not_json);
    const auto positions = index.positions();
    const char first = text[positions.front()], last = text[positions.back()];
    if (first != '{') return fail(ParseError::not_an_object);
    if (last != '}') return fail(ParseError::not_json);
    cursor_.text = text.data();
    cursor_.at = positions.data();
    cursor_.end = positions.data() + positions.size();
    const void* const escape = std::memchr(text.data(), '\\', text.size());
    cursor_.first_escape = escape != nullptr ? static_cast<const char*>(escape) : text.data() + text.size();
  }

  char first() const noexcept { return cursor_.text[*cursor_.at]; }

  // From the cursor to the next structural character, without trailing blanks. Never empty.
  std::string_view token() const noexcept { return token_at(cursor_.at); }
  static bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  std::string_view token_at(const std::uint32_t* at) const noexcept {
    const char* const begin = cursor_.text + at[0];
    const char* end = cursor_.text + at[1];
    while (is_blank(end[-1])) --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  static std::string_view inside(std::string_view quoted) noexcept { return {quoted.data() + 1, quoted.size() - 2}; }
  static bool is_number(std::string_view token) noexcept {
    return token[0] == '-' || (token[0] >= '0' && token[0] <= '9');
  }

  // Past one value. What stands inside an object or array that nobody reads is not looked at, but
  // for its depth.
  const std::uint32_t* skip(const std::uint32_t* at) noexcept {
    const char begin = cursor_.text[*at];
    if (begin != '{' && begin != '[') {
      const bool scalar = begin == '"' || begin == '-' || (begin >= '0' && begin <= '9') || begin == 't' ||
                          begin == 'f' || begin == 'n';
      if (!scalar) fail(ParseError::not_json);
      return at + 1;
    }
    int depth = 1;
    for (++at; depth != 0 && at < cursor_.end; ++at) {
      const char c = cursor_.text[*at];
      depth += (c == '{') + (c == '[') - (c == '}') - (c == ']');
    }
    if (depth != 0) fail(ParseError::not_json);
    return at;
  }

  bool leave(const std::uint32_t* closing) noexcept {
    cursor_.at = closing + 1;
    return true;
  }

  template <class Visit>
  void each_or_single(Visit&& visit) noexcept {
    if (!each_element(visit)) visit();
  }

  std::string_view key_at(const std::uint32_t* at) noexcept {
    const std::string_view raw = token_at(at);
    return may_have_escape(raw) ? unescape(raw) : inside(raw);
  }

  static std::uint64_t key8_of(std::string_view key) noexcept {
    // Texts are padded: eight bytes from a key's start can always be read.
    std::uint64_t word;
    std::memcpy(&word, key.data(), sizeof word);
    return key.size() >= 8 ? word : word & ((std::uint64_t{1} << (8 * key.size())) - 1);
  }

  bool may_have_escape(std::string_view raw) const noexcept {
    return raw.data() + raw.size() > cursor_.first_escape && std::memchr(raw.data(), '\\', raw.size()) != nullptr;
  }

  // Into memory of our own, with padding behind it: the text may be JSON itself.
  std::string_view unescape(std::string_view raw) noexcept {
    const auto decoded = unescaper_.decode(raw);
    if (!decoded || decoded->size() > text_capacity_ - text_size_) {
      fail(decoded ? ParseError::too_many : ParseError::not_json);
      return {text_.get(), 0};
    }
    char* const at = text_.get() + text_size_;
    std::memcpy(at, decoded->data(), decoded->size());
    text_size_ += decoded->size();
    return {at, decoded->size()};
  }

  // What nearly all integers are: up to nine digits.
  bool short_integer(std::int32_t& number) const noexcept {
    const char* at = cursor_.text + *cursor_.at;
    const char* const begin = at;
    std::int32_t value = 0;
    for (; at != begin + 9; ++at) {
      const auto digit = static_cast<unsigned char>(*at - '0');
      if (digit > 9) break;
      value = value * 10 + digit;
    }
    number = value;
    return at != begin && (*at == ',' || *at == '}' || *at == ']');
  }

  static std::int32_t integer_from(std::string_view text, std::int32_t otherwise) noexcept {
    double number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = result.ec == std::errc{} && result.ptr == text.data() + text.size();
    if (!whole || std::trunc(number) != number || number < -2147483648.0 || number > 2147483647.0) return otherwise;
    return static_cast<std::int32_t>(number);
  }

  ParseError error_ = ParseError::none;
  Cursor cursor_;
  JsonIndex index_, inner_index_;
  JsonUnescaper unescaper_;
  std::unique_ptr<char[]> text_;
  std::size_t text_capacity_;
  std::size_t text_size_ = 0;
};

}  // namespace bidwell::openrtb
