// Escapes of JSON strings. A library would refuse what captures hold: half surrogates and bytes that are not UTF-8.
#include "replay/json_text.h"

#include <charconv>
#include <cstdint>

namespace bidwell::replay {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

// Four hex digits; 0 where there are none.
std::uint32_t hex4(std::string_view text) {
  std::uint32_t code = 0;
  if (text.size() >= 4) std::from_chars(text.data(), text.data() + 4, code, 16);
  return code;
}

constexpr bool within(std::uint32_t code, std::uint32_t first, std::uint32_t last) {
  return code >= first && code <= last;
}

// Behind "\u"; takes what it reads off `rest`.
std::uint32_t code_point(std::string_view& rest) {
  const std::uint32_t high = hex4(rest);
  rest.remove_prefix(std::min<std::size_t>(4, rest.size()));
  if (!within(high, 0xd800, 0xdfff)) return high;
  const std::uint32_t low = rest.starts_with("\\u") ? hex4(rest.substr(2)) : 0;
  if (high >= 0xdc00 || !within(low, 0xdc00, 0xdfff)) return 0xfffd;
  rest.remove_prefix(6);
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

}  // namespace

std::string text_of_json(std::string_view written) {
  std::string_view rest = written.substr(1, written.size() - 2);
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.size() < 2) break;
    const char c = rest[1];
    rest.remove_prefix(2);
    switch (c) {
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': append_utf8(out, code_point(rest)); break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string json_of_text(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20) {
      out.append({'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out.append("\"");
}

}  // namespace bidwell::replay
