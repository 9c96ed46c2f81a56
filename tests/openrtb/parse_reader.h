// Parses texts for tests, keeping the body alive and padded as a connection would.
#pragma once

#include <cstring>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/openrtb/parse.h"

namespace bidwell::openrtb {

inline void PrintTo(ParseError error, std::ostream* out) {
  *out << describe(error);
}

class Reader {
 public:
  explicit Reader(const ParserLimits& limits = {}) : parser_(limits) {}

  // The padding is hostile: whoever reads it as part of the request would see.
  ParseError parse(std::string_view text) {
    body_.assign(text.size() + Parser::kPadding, '"');
    std::memcpy(body_.data(), text.data(), text.size());
    return parser_.parse({body_.data(), text.size()}, request);
  }

  // A request that is sound but for these members, and an impression that is.
  ParseError parse_with(std::string_view members) {
    return parse(R"({"id":"r","imp":[{"id":"1","banner":{"w":300,"h":250}}])" +
                 (members.empty() ? std::string() : "," + std::string(members)) + "}");
  }
  ParseError parse_imp(std::string_view members) {
    return parse(R"({"id":"r","imp":[{"id":"1")" + (members.empty() ? std::string() : "," + std::string(members)) +
                 "}]}");
  }
  const Imp& imp() const { return request.imp[0]; }

  BidRequest request;

 private:
  std::vector<char> body_;
  Parser parser_;
};

}  // namespace bidwell::openrtb
