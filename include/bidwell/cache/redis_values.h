// How values stand in Redis, and the scripts that change them: one place for the cache and for tools that load values.
//
// A value is a string under "<prefix>{<key>}", the lease for its refresh one under "lease:<prefix>{<key>}" (the same
// hash tag, so that Redis Cluster keeps both in one slot, and another prefix, so that CLIENT TRACKING of the values is
// not told of leases). <key> is the 128-bit key in 22 characters of unpadded base64url (RFC 4648, section 5). A value
// is
//
//   byte  0xB1
//   byte  flags: 1 negative (known not to exist in the origin; no bytes), 2 expired (by an invalidation)
//   u64   version, little-endian: the time of its commit in microseconds of Redis' clock, or one more than the version
//         before, whichever is higher
//   u64   born, little-endian: when it was true, in microseconds of Redis' clock
//   the bytes
//
// Announcements are published on one channel as "<kind> <class name> <key> <version>", kind being `committed` (only if
// somebody waits for it), `expired` or `dropped`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bidwell/cache/slot.h"
#include "bidwell/redis/client.h"

namespace bidwell::cache {

inline constexpr std::string_view kDefaultChannel = "bidwell:cache";

struct Envelope {
  bool negative = false;
  bool expired = false;
  std::uint64_t version = 0;  // microseconds of Redis' clock
  std::uint64_t born = 0;     // likewise
  std::string_view bytes;
};
// Nothing when it is no value of ours.
std::optional<Envelope> open_envelope(std::string_view value) noexcept;

std::string key_text(const Key& key);
std::optional<Key> parse_key_text(std::string_view text) noexcept;

std::string value_name(std::string_view prefix, const Key& key);
std::string lease_name(std::string_view prefix, const Key& key);
// Of "<prefix>{<key>}"; nothing for other names.
std::optional<Key> parse_value_name(std::string_view prefix, std::string_view name) noexcept;

// Each takes the keys (value's name, lease's name) and the arguments that are named.
namespace scripts {

// known version (0: none), token, lease in ms, "1" if the holder's commit is to be announced
//   -> {"won"} | {"busy", ms left} | {"newer", value}
extern const std::string kAcquire;

// token, flags, bytes, ttl in ms, born in us of Redis' clock, channel, announcement "<class name> <key>"
//   -> version, or 0: the lease was not the token's
extern const std::string kCommit;

// "expired" or "dropped", channel, announcement -> version
extern const std::string kInvalidate;

// Stores a value whoever holds the lease (whose commit will be rejected), as importers do: flags, bytes, ttl in ms (0:
// kept for ever), channel (empty: not announced), announcement -> version
extern const std::string kPut;

// Appends a record to a value that is a list of such, whatever the lease (histories have no origin, so no lease). The
// value's name alone; the record, the size of its first bytes that say which one it is, its whole size, the most
// records that are kept (the oldest go), ttl in ms -> {version, 1, bytes}, or {version, 0, bytes} where one with the
// same first bytes stands there already: nothing is changed. What is no value of ours is overwritten.
extern const std::string kAppend;

}  // namespace scripts

}  // namespace bidwell::cache
