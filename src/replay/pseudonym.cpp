// Forms of identifiers, and how each is filled anew.
#include "replay/pseudonym.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "bidwell/core/text.h"

namespace bidwell::replay {
namespace {

constexpr bool digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool hex(char c) {
  return digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}
constexpr bool dash(char c) {
  return c == '-';
}

// Bytes of HMAC(key, kind + text + number of the block): as many as are asked for.
class Stream {
 public:
  Stream(const std::string& key, char kind, std::string_view text) {
    crypto_auth_hmacsha256_init(&begun_, reinterpret_cast<const unsigned char*>(key.data()), key.size());
    add(begun_, {&kind, 1});
    add(begun_, text);
  }

  unsigned byte() {
    if (used_ == block_.size()) refill();
    return block_[used_++];
  }
  // Below `limit`, which is 255 at most. The bias is that of four bytes.
  unsigned below(unsigned limit) {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i) word = word << 8 | byte();
    return word % limit;
  }

 private:
  static void add(crypto_auth_hmacsha256_state& state, std::string_view text) {
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }

  void refill() {
    crypto_auth_hmacsha256_state state = begun_;
    const char number[4] = {static_cast<char>(block_number_ >> 24), static_cast<char>(block_number_ >> 16),
                            static_cast<char>(block_number_ >> 8), static_cast<char>(block_number_)};
    ++block_number_;
    add(state, {number, sizeof number});
    crypto_auth_hmacsha256_final(&state, block_.data());
    used_ = 0;
  }

  crypto_auth_hmacsha256_state begun_;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> block_{};
  std::size_t used_ = block_.size();
  std::uint32_t block_number_ = 0;
};

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (wants_dash ? !dash(text[i]) : !hex(text[i])) return false;
  }
  return true;
}

bool is_zeros(std::string_view text) {
  return text.find_first_not_of("0-") == std::string_view::npos;
}

// The part of a TCF string that holds its times: six bits of version, then twice 36 bits of tenths of a second, which
// are exactly the characters 1 to 12 (IAB TCF v2.2, "TC String Format"; v1 begins alike). No such part is shorter than
// 30 characters, and what other sections of a GPP string begin with the same letters is.
constexpr std::size_t kTcfCharsMin = 30;
constexpr std::string_view kTcfTimes = "PAAAAAPAAAAA";  // 14 January 2021, twice

bool is_tcf(std::string_view text) {
  const std::string_view core = text.substr(0, text.find('.'));
  const auto base64url = [](char c) { return digit(c) || lower(c) || upper(c) || c == '-' || c == '_'; };
  return core.size() >= kTcfCharsMin && (core[0] == 'C' || core[0] == 'B') &&
         std::all_of(core.begin(), core.end(), base64url);
}

// CCPA's "1YNN".
bool is_us_privacy(std::string_view text) {
  return text.size() == 4 && text[0] == '1' && text.find_first_not_of("YNyn-", 1) == std::string_view::npos;
}

template <class Each>
std::string joined(std::string_view text, std::string_view separators, const Each& each) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) out.append(each(text.substr(0, end)));
    if (end != text.size()) out.push_back(text[end]);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string Pseudonyms::identifier(std::string_view text) const {
  if (is_zeros(text)) return std::string(text);
  const bool uuid = is_uuid(text);
  const bool all_hex = uuid || (text.size() >= 8 && std::all_of(text.begin(), text.end(), hex) &&
                                !std::all_of(text.begin(), text.end(), digit));
  std::string canonical(text);
  if (all_hex) std::transform(canonical.begin(), canonical.end(), canonical.begin(), ascii_lower);
  // A digit may become a letter in hex: their case is that of the first letter.
  const auto letter = std::find_if(text.begin(), text.end(), [](char c) { return lower(c) || upper(c); });
  const char* const hex_digits = letter != text.end() && upper(*letter) ? "0123456789ABCDEF" : "0123456789abcdef";
  Stream stream(key_, 'i', canonical);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (uuid && (i == 14 || i == 19)) {
      out.push_back(c);
    } else if (all_hex && hex(c)) {
      out.push_back(hex_digits[stream.byte() & 15]);
    } else if (digit(c)) {
      out.push_back(static_cast<char>('0' + stream.below(10)));
    } else if (upper(c)) {
      out.push_back(static_cast<char>('A' + stream.below(26)));
    } else if (lower(c) || byte >= 0xc0) {
      out.push_back(static_cast<char>('a' + stream.below(26)));
    } else if (byte < 0x80) {
      out.push_back(c);
    }  // else: the rest of a UTF-8 character
  }
  return out;
}

std::string Pseudonyms::words(std::string_view text) const {
  return joined(text, " ,;|=&\t", [this](std::string_view word) { return identifier(word); });
}

std::string Pseudonyms::number(std::string_view text) const {
  if (text.find_first_of("123456789") == std::string_view::npos) return std::string(text);
  Stream stream(key_, 'n', text);
  std::string out;
  bool first = true;
  for (const char c : text) {
    if (!digit(c) || (first && c == '0')) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(first ? '1' + stream.below(9) : '0' + stream.below(10)));
    }
    if (c == 'e' || c == 'E') return out.append(text.substr(out.size()));
    if (digit(c)) first = false;
  }
  return out;
}

std::string Pseudonyms::address(std::string_view text) const {
  std::array<unsigned char, 16> bytes{};
  char room[INET6_ADDRSTRLEN];
  const std::string zero_ended(text);
  const bool v4 = inet_pton(AF_INET, zero_ended.c_str(), bytes.data()) == 1;
  if (!v4 && inet_pton(AF_INET6, zero_ended.c_str(), bytes.data()) != 1) return identifier(text);
  static constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = !v4 && std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  // An IPv4 address is the same alone and mapped.
  unsigned char* const at = bytes.data() + (mapped ? 12 : 0);
  const std::size_t size = v4 || mapped ? 4 : 16, network = size == 4 ? 3 : 8;
  const std::string_view whole(reinterpret_cast<const char*>(at), size);
  Stream of_network(key_, 'a', whole.substr(0, network)), of_whole(key_, 'a', whole);
  if (size == 4) {
    const bool cut_off = at[3] == 0;
    const unsigned host = 1 + of_whole.below(254);
    at[0] = static_cast<unsigned char>(240 + of_network.below(15));
    at[1] = static_cast<unsigned char>(of_network.byte());
    at[2] = static_cast<unsigned char>(of_network.byte());
    at[3] = static_cast<unsigned char>(cut_off ? 0 : host);
  } else {
    const bool cut_off = std::all_of(at + 8, at + 16, [](unsigned char byte) { return byte == 0; });
    std::array<unsigned char, 8> host;
    for (unsigned char& byte : host) byte = static_cast<unsigned char>(cut_off ? 0 : of_whole.byte());
    at[0] = 0x20, at[1] = 0x01, at[2] = 0x0d, at[3] = 0xb8;
    for (std::size_t i = 4; i < 8; ++i) at[i] = static_cast<unsigned char>(of_network.byte());
    std::copy(host.begin(), host.end(), at + 8);
  }
  return inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), room, sizeof room);
}

std::string Pseudonyms::addresses(std::string_view text) const {
  return joined(text, ", ", [this](std::string_view one) { return address(one); });
}

std::string Pseudonyms::url(std::string_view text) const {
  const auto value = [this](std::string_view part) {
    if (part.size() <= 3) return std::string(part);
    // %XX must stay one: its meaning goes.
    std::string plain(part);
    for (std::size_t at = 0; (at = plain.find('%', at)) != std::string::npos && at + 2 < plain.size(); ++at) {
      plain.erase(at + 1, 2);
    }
    std::string out = identifier(plain);
    for (std::size_t at = 0; (at = out.find('%', at)) != std::string::npos; at += 3) out.replace(at, 1, "%20");
    return out;
  };
  const auto query = [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return value(pair);
    return std::string(pair.substr(0, equals + 1)).append(value(pair.substr(equals + 1)));
  };
  const std::size_t path = std::min(text.find_first_of("?#"), text.size());
  std::string out(text.substr(0, path));
  if (const std::size_t host = out.find("://"); host != std::string::npos) {
    const std::size_t at = out.rfind('@', out.find('/', host + 3));
    if (at != std::string::npos && at > host)
      out.replace(host + 3, at - host - 3, words(out.substr(host + 3, at - host - 3)));
  }
  return out.append(joined(text.substr(path), "?#&;", query));
}

std::string Pseudonyms::consent(std::string_view text) const {
  if (is_us_privacy(text)) return std::string(text);
  bool found = false;
  const std::string out = joined(text, "~", [&found](std::string_view section) {
    std::string replaced(section);
    if (is_tcf(section)) replaced.replace(1, kTcfTimes.size(), kTcfTimes), found = true;
    return replaced;
  });
  return found || text.starts_with("DB") ? out : identifier(text);
}

std::string rounded_degrees(std::string_view number) {
  const std::string zero_ended(number);
  char* end = nullptr;
  const double degrees = std::strtod(zero_ended.c_str(), &end);
  if (zero_ended.empty() || *end != '\0' || !(std::abs(degrees) <= 1000)) return zero_ended;
  const std::size_t point = zero_ended.find('.');
  const bool coarse = point == std::string::npos || zero_ended.size() - point <= 2;
  if (coarse && zero_ended.find_first_of("eE") == std::string::npos) return zero_ended;
  return fmt::format("{:.1f}", degrees);
}

std::string decade(std::string_view year) {
  std::string out(year);
  if (out.size() == 4 && std::all_of(out.begin(), out.end(), digit)) out.back() = '0';
  return out;
}

std::string coarse_postcode(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 3; i < out.size(); ++i) {
    if (digit(out[i]) || lower(out[i]) || upper(out[i])) out[i] = '0';
  }
  return out;
}

}  // namespace bidwell::replay
