// Commands as Redis reads them: an array of texts.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bidwell::redis {

// A command is its size, then that many words.
void append_size(std::string& out, std::size_t words);
void append_word(std::string& out, std::string_view word);
void append_command(std::string& out, std::span<const std::string_view> words);

}  // namespace bidwell::redis
