// simdjson's part of the parser: where a text's structural characters stand, and what its escaped
// strings mean. The only file of the room behind which simdjson is seen
// (docs/decisions/0001-json-walker.md says why not On-Demand).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace bidwell::openrtb {

// simdjson's stage 1 (Langdale, Lemire: "Parsing Gigabytes of JSON per Second", VLDB Journal 2019),
// by the fastest kernel that the processor has. Not thread-safe.
class JsonIndex {
 public:
  explicit JsonIndex(std::size_t text_bytes_max);
  ~JsonIndex();
  JsonIndex(JsonIndex&&) noexcept;

  // Finds the offset of every brace, bracket, colon and comma outside strings, and of every
  // scalar's first character (a string's opening quote). Behind the last stands the text's size.
  // False when the text is empty, too large, not UTF-8, or has a string that is not closed or holds
  // a control character.
  bool build(std::string_view text);

  std::span<const std::uint32_t> positions() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Decodes the escapes of JSON strings. Not thread-safe.
class JsonUnescaper {
 public:
  explicit JsonUnescaper(std::size_t text_bytes_max);
  ~JsonUnescaper();
  JsonUnescaper(JsonUnescaper&&) noexcept;

  // `token` is a string with its quotes, with Parser::kPadding readable bytes behind it. The result
  // lives until the next call; nothing for a bad escape.
  std::optional<std::string_view> decode(std::string_view token);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::openrtb
