// Reads JSON values the way exchanges write them: numbers as strings and the reverse, booleans for
// 0 and 1, single values where lists belong. For the validator and for the tests' reference reading
// of a request; the parser shares nothing with it, so that the two can be held against each other.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::openrtb::lenient {

using Json = nlohmann::json;

// The member, or a null value when `parent` is no object or has none. The reference lives as long
// as `parent`.
const Json& member(const Json& parent, std::string_view key);

// A number, or a string that is wholly one but for surrounding spaces. What is too large is
// infinite.
std::optional<double> number(const Json& value);

// As number(), when it is integral and fits; true and false are 1 and 0.
std::optional<std::int32_t> integer(const Json& value);

// A string, or a number's text; otherwise empty.
std::string text(const Json& value);

// The elements of an array that are usable, or a single usable value.
std::vector<std::string> texts(const Json& value);
std::vector<std::int32_t> integers(const Json& value);

// The elements of an array that are objects; none when it is no array.
std::vector<const Json*> objects(const Json& value);

}  // namespace bidwell::openrtb::lenient
