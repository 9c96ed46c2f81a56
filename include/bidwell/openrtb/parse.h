// Reads a bid request over simdjson's structural index: one pass, only what BidRequest names, no
// allocation in the steady state. Tolerant of what real exchanges send (numbers as strings and the
// reverse, null anywhere, unknown keys, single values where lists belong); strict only where the
// request cannot be answered at all.
//
// Values that nothing reads are skipped by their nesting alone: a syntax error wholly inside one
// goes unseen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "bidwell/openrtb/request.h"

namespace bidwell::openrtb {

enum class ParseError : std::uint8_t {
  none,
  not_json,       // syntax, encoding, or more than one document
  not_an_object,  // JSON, but not an object
  id_missing,     // no id, or not a string
  imp_missing,    // no imp, or not an array of objects
  imp_empty,      // an empty imp array
  too_many,       // more impressions, deals, list entries, ... than Limits allows
};

// One line for people; needs no JSON escaping.
std::string_view describe(ParseError error) noexcept;

// Bounds of one request, allocated once. The body's own limit bounds them too; these keep a
// worker's memory small.
struct ParserLimits {
  std::size_t body_bytes_max = 256 * 1024;
  std::size_t imps_max = 256;     // a large pod or page has some 50
  std::size_t deals_max = 2'048;  // over all impressions
  std::size_t formats_max = 2'048;
  std::size_t assets_max = 1'024;
  std::size_t strings_max = 65'536;     // entries of all string lists: long badv lists have 10,000
  std::size_t integers_max = 4'096;     // durations, GPP sections
  std::size_t identifiers_max = 4'096;  // eids and segments each
};

// One per worker. Not thread-safe.
class Parser {
 public:
  // Bytes that must be readable behind the body; their content does not matter.
  static constexpr std::size_t kPadding = 64;

  explicit Parser(const ParserLimits& limits = {});
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // On an error `request` is unspecified. Its views live until the next parse or until the body
  // changes.
  ParseError parse(std::string_view body, BidRequest& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::openrtb
