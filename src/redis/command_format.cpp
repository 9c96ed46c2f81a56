// The two forms that a word and a size have.
#include "redis/command_format.h"

#include <charconv>

namespace bidwell::redis {
namespace {

void append_length(std::string& out, char kind, std::size_t length) {
  char digits[24];
  digits[0] = kind;
  char* end = std::to_chars(digits + 1, digits + sizeof digits - 2, length).ptr;
  *end++ = '\r', *end++ = '\n';
  out.append(digits, end);
}

}  // namespace

void append_size(std::string& out, std::size_t words) {
  append_length(out, '*', words);
}

void append_word(std::string& out, std::string_view word) {
  append_length(out, '$', word.size());
  out.append(word).append("\r\n");
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  append_size(out, words.size());
  for (std::string_view word : words) append_word(out, word);
}

}  // namespace bidwell::redis
