// The tolerant reading of JSON values: see the header.
#include "openrtb/lenient.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "bidwell/core/text.h"

namespace bidwell::openrtb::lenient {
namespace {

// strtod alone would also take hexadecimals, "inf", "nan" and a leading plus.
std::optional<double> parse_number(std::string_view given) {
  const std::string digits(trim(given));
  if (digits.empty() || digits.front() == '+') return std::nullopt;
  if (digits.find_first_not_of("0123456789.eE+-") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (end != digits.c_str() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

const Json& member(const Json& parent, std::string_view key) {
  static const Json null;
  if (!parent.is_object()) return null;
  const auto found = parent.find(key);
  return found == parent.end() ? null : *found;
}

std::optional<double> number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return parse_number(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<std::int32_t> integer(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  // Every 32-bit integer is exact as a double, and no integer beyond them becomes one.
  const std::optional<double> read = number(value);
  if (!read || std::trunc(*read) != *read) return std::nullopt;
  if (*read < std::numeric_limits<std::int32_t>::min()) return std::nullopt;
  if (*read > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return static_cast<std::int32_t>(*read);
}

std::string text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return {};
}

std::vector<std::string> texts(const Json& value) {
  std::vector<std::string> result;
  if (value.is_array()) {
    for (const Json& element : value) {
      if (std::string read = text(element); !read.empty()) result.push_back(std::move(read));
    }
  } else if (std::string read = text(value); !read.empty()) {
    result.push_back(std::move(read));
  }
  return result;
}

std::vector<std::int32_t> integers(const Json& value) {
  std::vector<std::int32_t> result;
  if (value.is_array()) {
    for (const Json& element : value) {
      if (const auto read = integer(element)) result.push_back(*read);
    }
  } else if (const auto read = integer(value)) {
    result.push_back(*read);
  }
  return result;
}

std::vector<const Json*> objects(const Json& value) {
  std::vector<const Json*> result;
  if (!value.is_array()) return result;
  for (const Json& element : value) {
    if (element.is_object()) result.push_back(&element);
  }
  return result;
}

}  // namespace bidwell::openrtb::lenient
