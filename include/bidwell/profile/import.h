// Loads users' profiles from a file that people or other systems write, and says which lines it refused and why.
//
// NDJSON, a user on each line; all but `user` may be left out:
//
//   {"user": "ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc", "segments": [17, 4711],
//    "attributes": {"gender": "F"}, "history": [{"campaign": "c1", "times": 3, "last": "2026-11-20T10:00:00Z"}]}
//
// CSV (RFC 4180, but that a field cannot have a line break), the columns named by a header in any order, or, without
// one, as here; segments separated by semicolons or blanks:
//
//   user,segments,attributes
//   ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc,17;4711,gender=F;income=high
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/profile/place.h"
#include "bidwell/profile/user_key.h"

namespace bidwell::profile {

// Why a line is refused.
enum class Refusal : std::uint8_t {
  too_long,
  not_utf8,
  control_character,
  not_json,
  bad_quoting,
  columns,
  unknown_field,
  user,
  segments,
  attributes,
  history,
  profile_too_large,
};
inline constexpr std::size_t kRefusals = 12;
std::string_view describe(Refusal refusal) noexcept;

struct RefusedLine {
  std::uint64_t number = 0;  // from 1
  Refusal reason{};
  std::string detail;
};

struct ImportTotals {
  std::uint64_t lines = 0;       // read, without empty ones and a header
  std::uint64_t bytes = 0;       // read
  std::uint64_t rows = 0;        // loaded
  std::uint64_t duplicates = 0;  // rows of a user that had one before; the last counts
  std::array<std::uint64_t, kRefusals> refused{};

  std::uint64_t refused_lines() const noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t count : refused) total += count;
    return total;
  }
};

enum class ImportFormat : std::uint8_t { automatic, ndjson, csv };  // automatic: by the first character

struct ImportOptions {
  ImportFormat format = ImportFormat::automatic;
  bool replace = false;                                      // see Place::load
  std::size_t line_bytes_max = 1 << 20;                      // longer lines are skipped
  std::function<void(const RefusedLine&)> refused;           // may be null
  std::function<void(const ImportTotals& so_far)> progress;  // now and then, at least every 1024 lines; may be null
};

// Reads to the end, and loads into all places; none: looks only whether the lines are good. Memory: some 16 bytes for
// each user, and what the places need. Throws std::runtime_error when a place fails, when the stream cannot be read
// to its end, or when a CSV header names a column that is none.
ImportTotals import_profiles(std::istream& in, const KeyMaker& keys, std::span<const std::unique_ptr<Place>> places,
                             const ImportOptions& options);

}  // namespace bidwell::profile
