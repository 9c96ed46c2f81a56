// Under which key a user's profile stands. A key is a keyed hash (SipHash-2-4 with 128 bits, Aumasson and Bernstein,
// "SipHash: a fast short-input PRF", 2012) of one identifier and its kind, so that no raw identifier stands in any
// store, and nobody without the secret can tell which key a known identifier has, or make keys that collide.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/cache/slot.h"
#include "bidwell/openrtb/request.h"

namespace bidwell::profile {

// An identifier that may name a user, as it is configured: "buyeruid", "ifa", "user.id", "eid:<source>" such as
// "eid:liveramp.com". A user.id is the exchange's own: it is hashed together with the exchange's name. The others mean
// the same everywhere. ifa and eid sources are compared without regard to case; an ifa of zeros is none.
struct Identifier {
  enum class Kind : std::uint8_t { buyeruid, ifa, user_id, eid };
  Kind kind = Kind::buyeruid;
  std::string source;  // of eid, in lower case
};
// Nothing when it is none of these.
std::optional<Identifier> parse_identifier(std::string_view text);

// A longer one names nobody.
inline constexpr std::size_t kIdentifierBytesMax = 1024;

using Secret = std::array<std::uint8_t, 16>;

// The secret from a configured text of any length (BLAKE2b, RFC 7693). The same text on all instances and importers.
Secret make_secret(std::string_view text);

// Constant after construction; shared by all threads.
class KeyMaker {
 public:
  KeyMaker(std::vector<Identifier> order, const Secret& secret);

  // By the first identifier of the order that the request (scrubbed before) has. Nothing when it has none.
  std::optional<cache::Key> key_of(const openrtb::BidRequest& request, std::string_view exchange) const noexcept;

  // Of a written name, as importers and tools take it: "buyeruid:x", "ifa:x", "user.id:<exchange>:x",
  // "eid:<source>:x". Nothing when it is none of these.
  std::optional<cache::Key> key_of(std::string_view name) const;

 private:
  std::vector<Identifier> order_;
  Secret secret_;
};

}  // namespace bidwell::profile
