// Takes apart what a server wrote, strictly: anything that is not a sequence of well-formed answers
// fails.
#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::http::testing {

struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string{} : at->second;
  }
};

enum class Parsed { complete, incomplete, malformed };

// The first answer in `text`, which is then cut off from it. `head_only`: to a HEAD request.
inline Parsed parse_answer(std::string& text, Answer& answer, bool head_only = false) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return Parsed::incomplete;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::size_t line_end = text.find("\r\n");
  if (!text.starts_with(kVersion) || line_end < kVersion.size() + 5) return Parsed::malformed;
  answer = {};
  const char* digits = text.data() + kVersion.size();
  if (std::from_chars(digits, digits + 3, answer.status).ptr != digits + 3 || digits[3] != ' ') {
    return Parsed::malformed;
  }
  std::size_t at = line_end + 2;
  while (at < end + 2) {
    const std::size_t stop = text.find("\r\n", at);
    const std::string line = text.substr(at, stop - at);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || colon == 0) return Parsed::malformed;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!answer.headers.emplace(name, line.substr(colon + 2)).second) return Parsed::malformed;
    at = stop + 2;
  }
  std::size_t length = 0;
  const bool bodiless = answer.status / 100 == 1 || answer.status == 204;
  const auto header = answer.headers.find("content-length");
  if (bodiless == (header != answer.headers.end())) return Parsed::malformed;
  if (!bodiless) {
    const std::string& value = header->second;
    const auto [after, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || after != value.data() + value.size()) return Parsed::malformed;
  }
  if (head_only) length = 0;
  if (text.size() - (end + 4) < length) return Parsed::incomplete;
  answer.body = text.substr(end + 4, length);
  text.erase(0, end + 4 + length);
  return Parsed::complete;
}

// All of `text`, or nothing where it is anything else.
inline std::optional<std::vector<Answer>> parse_answers(std::string text) {
  std::vector<Answer> answers;
  while (!text.empty()) {
    Answer answer;
    if (parse_answer(text, answer) != Parsed::complete) return std::nullopt;
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace bidwell::http::testing
