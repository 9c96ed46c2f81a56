// CSV lines (RFC 4180): a record is a line, as nothing that a profile is made of can have a line break.
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "bidwell/core/text.h"
#include "profile/import_rows.h"

namespace bidwell::profile {
namespace {

// Splits a record; quoted fields without their quotes.
void split(std::string_view line, std::vector<std::string>& fields) {
  fields.clear();
  for (std::size_t at = 0;;) {
    std::string& field = fields.emplace_back();
    if (at < line.size() && line[at] == '"') {
      ++at;
      while (true) {
        const std::size_t quote = line.find('"', at);
        if (quote == line.npos) throw RefusedBecause{Refusal::bad_quoting, "a quote that is not closed on its line"};
        field.append(line.substr(at, quote - at));
        at = quote + 1;
        if (at == line.size() || line[at] != '"') break;
        field.push_back('"');
        ++at;
      }
      if (at != line.size() && line[at] != ',')
        throw RefusedBecause{Refusal::bad_quoting, "text after a closing quote"};
    } else {
      const std::size_t comma = std::min(line.find(',', at), line.size());
      field.assign(line.substr(at, comma - at));
      if (field.find('"') != field.npos) {
        throw RefusedBecause{Refusal::bad_quoting, "a quote inside a field that is not quoted"};
      }
      at = comma;
    }
    if (at == line.size()) return;
    ++at;  // the comma
  }
}

// Calls visit(part) for the parts between `separators` that are not blank.
template <class Visit>
void each_part(std::string_view text, std::string_view separators, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::string_view part = trim(text.substr(0, end));
    if (!part.empty()) visit(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

class CsvParser final : public RowParser {
 public:
  bool parse(std::string_view line, UserRow& row) override {
    split(line, fields_);
    if (!begun_) {
      begun_ = true;
      if (read_header()) return false;
    }
    if (fields_.size() != columns_.size()) {
      throw RefusedBecause{Refusal::columns, fmt::format("{}, not {}", fields_.size(), columns_.size())};
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) take(columns_[i], trim(fields_[i]), row);
    if (row.user.empty()) throw RefusedBecause{Refusal::user, "there is no user"};
    return true;
  }

 private:
  enum Column { kUser, kSegments, kAttributes };
  static constexpr std::array<std::string_view, 3> kNames{"user", "segments", "attributes"};

  // A row's user has a colon, so one that says "user" is a header.
  bool read_header() {
    std::vector<Column> named;
    for (const std::string& field : fields_) {
      for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (ascii_iequal(trim(field), kNames[i])) named.push_back(static_cast<Column>(i));
      }
    }
    if (std::find(named.begin(), named.end(), kUser) == named.end()) return false;
    if (named.size() != fields_.size())
      throw std::runtime_error("the header names columns besides user, segments, attributes");
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (std::count(named.begin(), named.end(), named[i]) > 1)
        throw std::runtime_error("the header names a column twice");
    }
    columns_ = std::move(named);
    return true;
  }

  static void take(Column column, std::string_view text, UserRow& row) {
    switch (column) {
      case kUser: row.user = text; return;
      case kSegments:
        each_part(text, "; ", [&](std::string_view id) { row.contents.segments.push_back(parse_segment(id)); });
        return;
      case kAttributes:
        each_part(text, ";", [&](std::string_view attribute) {
          const std::size_t equals = attribute.find('=');
          if (equals == attribute.npos) {
            throw RefusedBecause{Refusal::attributes, fmt::format("\"{}\" is not name=value", attribute)};
          }
          add_attribute(row, trim(attribute.substr(0, equals)), trim(attribute.substr(equals + 1)));
        });
    }
  }

  bool begun_ = false;
  std::vector<Column> columns_{kUser, kSegments, kAttributes};
  std::vector<std::string> fields_;
};

}  // namespace

std::unique_ptr<RowParser> csv_parser() {
  return std::make_unique<CsvParser>();
}

}  // namespace bidwell::profile
