// NDJSON lines by Boost.JSON: with its memory reused from line to line.
#include <fmt/format.h>

#include <array>
#include <boost/json/src.hpp>
#include <charconv>
#include <chrono>
#include <optional>

#include "bidwell/core/hash.h"
#include "profile/import_rows.h"

namespace bidwell::profile {
namespace {

namespace json = boost::json;

std::string_view text_of(json::string_view text) {
  return {text.data(), text.size()};
}

const json::array& list_of(const json::value& value, Refusal reason) {
  if (value.is_array()) return value.get_array();
  throw RefusedBecause{reason, "must be a list"};
}

// 0 to 2^32-1, and nothing else.
std::optional<std::uint32_t> small_integer(const json::value& value) {
  if (value.is_uint64()) return std::nullopt;  // only those beyond int64_t are kept so
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > 0xffffffffLL) return std::nullopt;
  return static_cast<std::uint32_t>(value.get_int64());
}

// Minutes since 1970 of "2026-11-20T10:00:00Z" (RFC 3339 in UTC); seconds may have a fraction.
std::optional<std::uint32_t> parse_minute(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() < kShape.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  const std::string_view fraction = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  if (!fraction.empty() && (fraction[0] != '.' || fraction.find_first_not_of("0123456789", 1) != fraction.npos)) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2), minute = number(14, 2);
  if (!date.ok() || hour > 23 || minute > 59 || number(17, 2) > 60) return std::nullopt;
  const std::int64_t minutes =
      std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * 1440 + hour * 60 + minute;
  if (minutes < 0) return std::nullopt;
  return static_cast<std::uint32_t>(minutes);
}

class NdjsonParser final : public RowParser {
 public:
  NdjsonParser() : parser_({}, options(), workspace_.data(), workspace_.size()) {}

  bool parse(std::string_view line, UserRow& row) override {
    json::monotonic_resource memory(memory_.data(), memory_.size());
    parser_.reset(&memory);
    json::error_code error;
    parser_.write(json::string_view(line.data(), line.size()), error);
    if (error) throw RefusedBecause{Refusal::not_json, error.message()};
    const json::value document = parser_.release();
    if (!document.is_object()) throw RefusedBecause{Refusal::not_json, "not an object"};
    for (const json::key_value_pair& field : document.get_object()) take(text_of(field.key()), field.value(), row);
    if (row.user.empty()) throw RefusedBecause{Refusal::user, "there is no user"};
    return true;
  }

 private:
  static json::parse_options options() {
    json::parse_options chosen;
    chosen.max_depth = 4;
    return chosen;
  }

  static void take(std::string_view name, const json::value& value, UserRow& row) {
    if (name == "user") return take_user(value, row);
    if (value.is_null()) return;
    if (name == "segments") return take_segments(value, row);
    if (name == "attributes") return take_attributes(value, row);
    if (name == "history") return take_history(value, row);
    throw RefusedBecause{Refusal::unknown_field, fmt::format("\"{}\"", name)};
  }

  static void take_user(const json::value& value, UserRow& row) {
    if (!value.is_string()) throw RefusedBecause{Refusal::user, "must be a string"};
    row.user = text_of(value.get_string());
  }

  static void take_segments(const json::value& value, UserRow& row) {
    for (const json::value& segment : list_of(value, Refusal::segments)) {
      const auto id = small_integer(segment);
      if (!id && segment.is_string()) parse_segment(text_of(segment.get_string()));  // says why
      if (!id) throw RefusedBecause{Refusal::segments, "segments are integers from 0 to 4294967295"};
      row.contents.segments.push_back(*id);
    }
  }

  static void take_attributes(const json::value& value, UserRow& row) {
    if (!value.is_object()) throw RefusedBecause{Refusal::attributes, "must be an object"};
    for (const json::key_value_pair& attribute : value.get_object()) {
      const std::string_view name = text_of(attribute.key());
      if (!attribute.value().is_string()) {
        throw RefusedBecause{Refusal::attributes, fmt::format("\"{}\" must be a string", name)};
      }
      add_attribute(row, name, text_of(attribute.value().get_string()));
    }
  }

  static void take_history(const json::value& value, UserRow& row) {
    for (const json::value& entry : list_of(value, Refusal::history)) {
      if (!entry.is_object()) throw RefusedBecause{Refusal::history, "an entry must be an object"};
      row.contents.history.push_back(shown(entry.get_object()));
    }
  }

  static Shown shown(const json::object& entry) {
    Shown out;
    std::string subject;
    std::optional<std::uint32_t> times, last;
    for (const json::key_value_pair& field : entry) {
      const std::string_view name = text_of(field.key());
      if (name == "times") {
        times = small_integer(field.value());
      } else if (name == "last") {
        if (field.value().is_string()) last = parse_minute(text_of(field.value().get_string()));
      } else if (name == "campaign" || name == "creative" || name == "advertiser") {
        if (!subject.empty()) throw RefusedBecause{Refusal::history, "an entry has one subject"};
        if (!field.value().is_string())
          throw RefusedBecause{Refusal::history, fmt::format("{} must be a string", name)};
        subject = fmt::format("{}:{}", name, text_of(field.value().get_string()));
      } else {
        throw RefusedBecause{Refusal::unknown_field, fmt::format("\"{}\" in the history", name)};
      }
    }
    if (subject.empty()) throw RefusedBecause{Refusal::history, "an entry without campaign, creative or advertiser"};
    if (!times) throw RefusedBecause{Refusal::history, "times must be an integer from 0 to 4294967295"};
    if (!last) throw RefusedBecause{Refusal::history, "last must be a time such as 2026-11-20T10:00:00Z"};
    return {hash64(subject), *times, *last};
  }

  std::array<unsigned char, 4096> workspace_;
  std::array<unsigned char, 64 * 1024> memory_;
  json::parser parser_;
};

}  // namespace

std::unique_ptr<RowParser> ndjson_parser() {
  return std::make_unique<NdjsonParser>();
}

}  // namespace bidwell::profile
