// Tolerant reading on top of simdjson On-Demand: how a string, an integer or a list is taken from
// whatever an exchange put in its place. Private to the parser's .cpp files, the only ones that see
// simdjson.
#pragma once

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "bidwell/core/text.h"
#include "bidwell/openrtb/parse.h"

namespace bidwell::openrtb {

namespace ondemand = simdjson::ondemand;

// A fixed array that a request's lists are cut from. Lists of one type never nest, so each is
// contiguous: note `size()`, push the entries, take `since()`.
template <class T>
class Pool {
 public:
  explicit Pool(std::size_t capacity) : storage_(new T[capacity]), capacity_(capacity) {}

  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }
  // Null when full.
  T* push(const T& value = {}) noexcept {
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

// An object's key, with its first eight bytes as a number to switch on: key8("bidfloor").
constexpr std::uint64_t key8(std::string_view text) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size() && i < 8; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return word;
}

// Whether nothing but blanks follows what was read.
inline bool at_end(ondemand::document& document) noexcept {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
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
        text_(new char[2 * limits.body_bytes_max + Parser::kPadding]),
        text_capacity_(2 * limits.body_bytes_max) {}

  void start(std::string_view body) noexcept {
    error = ParseError::none;
    escapes_ = std::memchr(body.data(), '\\', body.size()) != nullptr;
    text_size_ = 0;
    strings.clear(), integers.clear(), imps.clear(), deals.clear(), formats.clear(), assets.clear();
    eids.clear(), segments.clear(), nodes.clear();
  }

  void fail(ParseError what) noexcept {
    if (error == ParseError::none) error = what;
  }
  bool failed() const noexcept { return error != ParseError::none; }

  // The value's text up to the next structural character, without trailing blanks.
  static std::string_view token(ondemand::value& value) noexcept {
    std::string_view raw = value.raw_json_token();
    while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ') raw.remove_suffix(1);
    return raw;
  }
  static bool is_object(std::string_view token) noexcept {
    return !token.empty() && token[0] == '{';
  }
  static bool is_array(std::string_view token) noexcept {
    return !token.empty() && token[0] == '[';
  }
  static bool is_string(std::string_view token) noexcept {
    return token.size() >= 2 && token[0] == '"';
  }
  static bool is_number(std::string_view token) noexcept {
    return !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
  }

  // A string, or a number's text; anything else is empty.
  std::string_view string(ondemand::value value) noexcept {
    const std::string_view raw = token(value);
    if (is_string(raw)) {
      if (!escapes_ || std::memchr(raw.data(), '\\', raw.size()) == nullptr)
        return raw.substr(1, raw.size() - 2);
      return unescape(value);
    }
    return is_number(raw) ? raw : std::string_view{};
  }

  std::int32_t integer(ondemand::value value, std::int32_t otherwise = kAbsent) noexcept {
    std::string_view raw = token(value);
    if (is_string(raw)) raw = trim(raw.substr(1, raw.size() - 2));
    if (raw == "true") return 1;
    if (raw == "false") return 0;
    return integer_from(raw, otherwise);
  }

  double coordinate(ondemand::value value) noexcept {
    std::string_view raw = token(value);
    if (is_string(raw)) raw = trim(raw.substr(1, raw.size() - 2));
    double result = kNoCoordinate;
    const auto [end, error_code] = std::from_chars(raw.data(), raw.data() + raw.size(), result);
    return error_code == std::errc{} && end == raw.data() + raw.size() ? result : kNoCoordinate;
  }

  void floor(ondemand::value value, Floor& floor) noexcept {
    std::string_view raw = token(value);
    floor.state = Floor::State::absent;
    floor.micros = 0;
    if (raw == "null") return;
    if (is_string(raw)) {
      raw = raw.substr(1, raw.size() - 2);
    } else if (!is_number(raw)) {
      raw = {};
    }
    const auto amount = parse_micros(raw, Rounding::up);
    floor.state = amount ? Floor::State::read : Floor::State::unreadable;
    if (amount && *amount > 0) floor.micros = *amount;
  }

  Strings string_list(ondemand::value value) noexcept {
    const std::size_t first = strings.size();
    each_or_single(value, [&](ondemand::value entry) {
      const std::string_view text = string(entry);
      if (!text.empty()) push(strings, text);
    });
    return strings.since(first);
  }

  std::span<const std::int32_t> integer_list(ondemand::value value) noexcept {
    const std::size_t first = integers.size();
    each_or_single(value, [&](ondemand::value entry) {
      const std::int32_t number = integer(entry);
      if (number != kAbsent) push(integers, number);
    });
    return integers.since(first);
  }

  EnumSet enum_set(ondemand::value value) noexcept {
    EnumSet set;
    each_or_single(value, [&](ondemand::value entry) { set.insert(integer(entry)); });
    return set;
  }

  // Calls visit(head, key, value) for every field of an object; false if the value is none. Values
  // that `visit` does not read are skipped.
  template <class Visit>
  bool each_field(ondemand::value value, Visit&& visit) noexcept {
    if (!is_object(token(value))) return false;
    ondemand::object object;
    if (value.get_object().get(object)) {
      fail(ParseError::not_json);
      return false;
    }
    fields(object, visit);
    return true;
  }

  template <class Visit>
  void fields(ondemand::object& object, Visit&& visit) noexcept {
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field)) return fail(ParseError::not_json);
      const std::string_view key = this->key(field);
      visit(key8_of(key), key, field.value());
      if (failed()) return;
    }
  }

  // Calls visit(value) for every element of an array; false if the value is none.
  template <class Visit>
  bool each_element(ondemand::value value, Visit&& visit) noexcept {
    if (!is_array(token(value))) return false;
    ondemand::array array;
    if (value.get_array().get(array)) {
      fail(ParseError::not_json);
      return false;
    }
    for (auto result : array) {
      ondemand::value element;
      if (std::move(result).get(element)) {
        fail(ParseError::not_json);
        return true;
      }
      visit(element);
      if (failed()) return true;
    }
    return true;
  }

  template <class T>
  T* push(Pool<T>& pool, const T& value = {}) noexcept {
    T* slot = pool.push(value);
    if (slot == nullptr) fail(ParseError::too_many);
    return slot;
  }

  // Keeps text that no longer stands in the body, with padding behind it for another parse.
  std::string_view keep(std::string_view text) noexcept {
    if (text.size() > text_capacity_ - text_size_) {
      fail(ParseError::too_many);
      return {};
    }
    char* at = text_.get() + text_size_;
    std::memcpy(at, text.data(), text.size());
    text_size_ += text.size();
    return {at, text.size()};
  }

  ParseError error = ParseError::none;
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
  template <class Visit>
  void each_or_single(ondemand::value value, Visit&& visit) noexcept {
    if (!each_element(value, visit)) visit(value);
  }

  static std::uint64_t key8_of(std::string_view key) noexcept {
    // The body is padded: eight bytes from a key's start can always be read.
    std::uint64_t word;
    std::memcpy(&word, key.data(), sizeof word);
    return key.size() >= 8 ? word : word & ((std::uint64_t{1} << (8 * key.size())) - 1);
  }

  std::string_view key(ondemand::field& field) noexcept {
    const char* const start = field.key().raw();
    const char* end = start;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '"') return {start, static_cast<std::size_t>(end - start)};
    std::string_view text;
    if (field.unescaped_key().get(text)) fail(ParseError::not_json);
    return text;
  }

  std::string_view unescape(ondemand::value value) noexcept {
    std::string_view text;
    if (value.get_string().get(text)) {
      fail(ParseError::not_json);
      return {};
    }
    return keep(text);
  }

  static std::int32_t integer_from(std::string_view text, std::int32_t otherwise) noexcept {
    std::int32_t number = 0;
    const char* const end = text.data() + text.size();
    if (const auto result = std::from_chars(text.data(), end, number);
        result.ec == std::errc{} && result.ptr == end) {
      return number;
    }
    double real = 0;
    if (const auto result = std::from_chars(text.data(), end, real);
        result.ec == std::errc{} && result.ptr == end && std::trunc(real) == real &&
        std::abs(real) < 2147483648.0) {
      return static_cast<std::int32_t>(real);
    }
    return otherwise;
  }

  std::unique_ptr<char[]> text_;
  std::size_t text_capacity_;
  std::size_t text_size_ = 0;
  bool escapes_ = false;
};

}  // namespace bidwell::openrtb
