// The text of a JSON string, and back.
#pragma once

#include <string>
#include <string_view>

namespace bidwell::replay {

// Of a well-formed string as written, with its quotes: UTF-8 (bytes that were none stay); half of a surrogate pair
// becomes U+FFFD.
std::string text_of_json(std::string_view written);
// As a JSON string with its quotes.
std::string json_of_text(std::string_view text);

}  // namespace bidwell::replay
