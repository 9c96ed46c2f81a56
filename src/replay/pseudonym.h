// Other values of the same form: one for each value, by HMAC-SHA256, so that nobody without the key finds out which.
#pragma once

#include <string>
#include <string_view>

namespace bidwell::replay {

// Texts, not JSON. Thread-safe.
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

  // Each digit becomes a digit, each letter a letter of its case; what is all hex stays hex, a UUID keeps version and
  // variant; other ASCII characters stay, others become letters. The same in upper and lower case (a UUID or hex) is
  // the same. Empty, and nothing but zeros ("no identifier"), stays.
  std::string identifier(std::string_view text) const;
  // Word by word, so that a word is the same in any text.
  std::string words(std::string_view text) const;
  // A JSON number: as many digits, the first of them not 0.
  std::string number(std::string_view text) const;
  // Into 240.0.0.0/4 and 2001:db8::/32, which are nobody's; addresses of one /24 (/64) stay in one, and a last byte 0
  // (cut off by the exchange) stays. What is no address is an identifier.
  std::string address(std::string_view text) const;
  // "a, b" as X-Forwarded-For has them.
  std::string addresses(std::string_view text) const;
  // Values of the query (but those of up to three characters) and the fragment; user and password.
  std::string url(std::string_view text) const;
  // A TCF string, alone or as a section of a GPP string, has its two times set to one that is the same for all. What is
  // no consent string at all is an identifier.
  std::string consent(std::string_view text) const;

 private:
  const std::string key_;
};

// 0.1 degrees, some 10 km; text that is no number stays.
std::string rounded_degrees(std::string_view number);
// 1973 -> 1970.
std::string decade(std::string_view year);
// The first three characters; those behind become 0.
std::string coarse_postcode(std::string_view text);

}  // namespace bidwell::replay
