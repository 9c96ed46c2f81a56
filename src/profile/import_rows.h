// Reads one line of a profile import: NDJSON or CSV.
#pragma once

#include <memory>
#include <string_view>

#include "bidwell/profile/import.h"
#include "bidwell/profile/profile.h"

namespace bidwell::profile {

// What a line says. Kept from line to line, for its memory.
struct UserRow {
  std::string user;
  Contents contents;

  void clear();
};

// Thrown for a line that is refused: control plane, and lines are rarely refused.
struct RefusedBecause {
  Refusal reason;
  std::string detail;
};

class RowParser {
 public:
  virtual ~RowParser() = default;
  // The line is UTF-8. False: it is no row, but a header. Throws RefusedBecause; a header with a fault is a
  // std::runtime_error.
  virtual bool parse(std::string_view line, UserRow& row) = 0;
};

std::unique_ptr<RowParser> ndjson_parser();
std::unique_ptr<RowParser> csv_parser();

// What both check. Each throws RefusedBecause.
void check_text(std::string_view line);  // UTF-8 without control characters but tabs
void check_controls(std::string_view text, Refusal reason);
void add_attribute(UserRow& row, std::string_view name, std::string_view value);
std::uint32_t parse_segment(std::string_view text);

}  // namespace bidwell::profile
