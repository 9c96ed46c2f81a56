// Makes the keys that profiles stand under. What is hashed is, in this order: a byte for the kind, a byte for the size
// of its context (an exchange's name or an eid's source), the context, and the identifier. So no two names are hashed
// as the same bytes.
#include "bidwell/profile/user_key.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "bidwell/core/text.h"

namespace bidwell::profile {
namespace {

using Kind = Identifier::Kind;

constexpr std::size_t kContextMax = 255;

// The kind's byte, for good: a change would change every key.
constexpr char tag_of(Kind kind) {
  switch (kind) {
    case Kind::buyeruid: return 'b';
    case Kind::ifa: return 'i';
    case Kind::user_id: return 'u';
    case Kind::eid: return 'e';
  }
  return 0;
}

std::uint64_t little_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{bytes[i]} << 8 * i;
  return value;
}

// What devices say whose owner has opted out: 00000000-0000-0000-0000-000000000000.
bool zeros(std::string_view ifa) {
  return ifa.find_first_not_of("0-") == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

// Nothing for what names nobody. `context` is in lower case already where its case does not matter.
std::optional<cache::Key> make_key(const Secret& secret, Kind kind, std::string_view context, std::string_view id) {
  if (id.empty() || id.size() > kIdentifierBytesMax || context.size() > kContextMax) return std::nullopt;
  if (kind == Kind::ifa && zeros(id)) return std::nullopt;
  char text[2 + kContextMax + kIdentifierBytesMax];
  text[0] = tag_of(kind);
  text[1] = static_cast<char>(context.size());
  char* at = std::copy(context.begin(), context.end(), text + 2);
  at = kind == Kind::ifa ? std::transform(id.begin(), id.end(), at, ascii_lower) : std::copy(id.begin(), id.end(), at);

  static_assert(crypto_shorthash_siphashx24_KEYBYTES == std::tuple_size_v<Secret>);
  unsigned char hash[crypto_shorthash_siphashx24_BYTES];
  crypto_shorthash_siphashx24(hash, reinterpret_cast<const unsigned char*>(text),
                              static_cast<unsigned long long>(at - text), secret.data());
  return cache::Key{little_endian(hash), little_endian(hash + 8)};
}

// Splits "<head>:<rest>" at the first colon. False when there is none.
bool split(std::string_view text, std::string_view& head, std::string_view& rest) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  head = text.substr(0, colon);
  rest = text.substr(colon + 1);
  return true;
}

}  // namespace

std::optional<Identifier> parse_identifier(std::string_view text) {
  if (text == "buyeruid") return Identifier{Kind::buyeruid, {}};
  if (text == "ifa") return Identifier{Kind::ifa, {}};
  if (text == "user.id") return Identifier{Kind::user_id, {}};
  std::string_view kind, source;
  if (!split(text, kind, source) || kind != "eid") return std::nullopt;
  if (source.empty() || source.size() > kContextMax || source.find(':') != source.npos) return std::nullopt;
  return Identifier{Kind::eid, lower(source)};
}

Secret make_secret(std::string_view text) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  Secret secret;
  crypto_generichash(secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     nullptr, 0);
  return secret;
}

KeyMaker::KeyMaker(std::vector<Identifier> order, const Secret& secret) : order_(std::move(order)), secret_(secret) {}

std::optional<cache::Key> KeyMaker::key_of(const openrtb::BidRequest& request,
                                           std::string_view exchange) const noexcept {
  for (const Identifier& identifier : order_) {
    std::optional<cache::Key> key;
    switch (identifier.kind) {
      case Kind::buyeruid: key = make_key(secret_, Kind::buyeruid, {}, request.user.buyeruid); break;
      case Kind::ifa: key = make_key(secret_, Kind::ifa, {}, request.device.ifa); break;
      case Kind::user_id: key = make_key(secret_, Kind::user_id, exchange, request.user.id); break;
      case Kind::eid:
        for (const openrtb::Eid& eid : request.user.eids) {
          if (!ascii_iequal(eid.source, identifier.source)) continue;
          key = make_key(secret_, Kind::eid, identifier.source, eid.id);
          if (key) break;
        }
    }
    if (key) return key;
  }
  return std::nullopt;
}

std::optional<cache::Key> KeyMaker::key_of(std::string_view name) const {
  std::string_view kind, id, context;
  if (!split(name, kind, id)) return std::nullopt;
  if (kind == "buyeruid") return make_key(secret_, Kind::buyeruid, {}, id);
  if (kind == "ifa") return make_key(secret_, Kind::ifa, {}, id);
  const bool of_exchange = kind == "user.id";
  if (!of_exchange && kind != "eid") return std::nullopt;
  if (!split(id, context, id) || context.empty()) return std::nullopt;
  return of_exchange ? make_key(secret_, Kind::user_id, context, id) : make_key(secret_, Kind::eid, lower(context), id);
}

}  // namespace bidwell::profile
