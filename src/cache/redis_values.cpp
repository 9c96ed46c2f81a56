#include "bidwell/cache/redis_values.h"

#include <bit>
#include <cstring>

namespace bidwell::cache {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they stand in memory");

constexpr unsigned char kMagic = 0xB1;
constexpr unsigned char kNegative = 1, kExpired = 2;
constexpr std::size_t kHeader = 18;
constexpr std::size_t kKeyText = 22;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::uint64_t read_u64(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

// Versions are below 2^53, so Lua's doubles hold them exactly. What open_envelope() refuses counts as version 0.
const std::string kCommon = R"(
local function version_of(value)
  if not value or #value < 18 then return 0, 0 end
  local magic, flags, version, born = struct.unpack('<BBI8I8', value)
  if magic ~= 177 or flags > 3 or version >= 2^53 or born >= 2^53 then return 0, 0 end
  if flags % 2 == 1 and #value > 18 then return 0, 0 end
  return version, flags
end
local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
)";

}  // namespace

std::optional<Envelope> open_envelope(std::string_view value) noexcept {
  if (value.size() < kHeader || static_cast<unsigned char>(value[0]) != kMagic) return std::nullopt;
  const auto flags = static_cast<unsigned char>(value[1]);
  if (flags > (kNegative | kExpired)) return std::nullopt;
  Envelope out;
  out.negative = (flags & kNegative) != 0;
  out.expired = (flags & kExpired) != 0;
  out.version = read_u64(value.data() + 2);
  out.born = read_u64(value.data() + 10);
  out.bytes = value.substr(kHeader);
  // Beyond 2^53 the scripts could not count: nothing of ours.
  if (out.version == 0 || out.version >> 53 != 0 || out.born >> 53 != 0) return std::nullopt;
  if (out.negative && !out.bytes.empty()) return std::nullopt;
  return out;
}

// 128 bits in groups of six, the highest first; the last character holds the lowest two bits, and four zeros.
std::string key_text(const Key& key) {
  std::string text(kKeyText, '\0');
  for (std::size_t i = 0; i < kKeyText; ++i) {
    unsigned digit = 0;
    for (std::size_t bit = i * 6; bit < i * 6 + 6; ++bit) {
      const std::uint64_t word = bit < 64 ? key.high : key.low;
      digit = digit << 1 | (bit < 128 ? static_cast<unsigned>(word >> (63 - bit % 64) & 1) : 0U);
    }
    text[i] = kDigits[digit];
  }
  return text;
}

std::optional<Key> parse_key_text(std::string_view text) noexcept {
  if (text.size() != kKeyText) return std::nullopt;
  Key key;
  for (std::size_t i = 0; i < kKeyText; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return std::nullopt;
    for (std::size_t bit = i * 6; bit < i * 6 + 6; ++bit) {
      const bool set = (digit >> (5 - bit % 6) & 1) != 0;
      if (bit >= 128 && set) return std::nullopt;
      if (set) (bit < 64 ? key.high : key.low) |= std::uint64_t{1} << (63 - bit % 64);
    }
  }
  return key;
}

std::string value_name(std::string_view prefix, const Key& key) {
  return std::string(prefix) + "{" + key_text(key) + "}";
}

std::string lease_name(std::string_view prefix, const Key& key) {
  return "lease:" + value_name(prefix, key);
}

std::optional<Key> parse_value_name(std::string_view prefix, std::string_view name) noexcept {
  if (name.size() != prefix.size() + kKeyText + 2 || !name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.front() != '{' || name.back() != '}') return std::nullopt;
  return parse_key_text(name.substr(1, kKeyText));
}

namespace scripts {

// A `w` behind the token says that somebody waits. A value that an invalidation has expired is not worth returning.
const std::string kAcquire = kCommon + R"(
local value = redis.call('GET', KEYS[1])
local version, flags = version_of(value)
if version > tonumber(ARGV[1]) and flags < 2 then return {'newer', value} end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return {'won'} end
local held = redis.call('GET', KEYS[2])
if ARGV[4] == '1' and held and string.sub(held, -1) ~= 'w' then
  redis.call('SET', KEYS[2], held .. 'w', 'KEEPTTL')
end
return {'busy', redis.call('PTTL', KEYS[2])}
)";

const std::string kCommit = kCommon + R"(
local held = redis.call('GET', KEYS[2])
if held ~= ARGV[1] and held ~= ARGV[1] .. 'w' then return 0 end
local now = now_us()
local version = math.max(version_of(redis.call('GET', KEYS[1])) + 1, now)
local header = struct.pack('<BBI8I8', 177, tonumber(ARGV[2]), version, math.min(now, tonumber(ARGV[5])))
redis.call('SET', KEYS[1], header .. ARGV[3], 'PX', ARGV[4])
redis.call('DEL', KEYS[2])
if held ~= ARGV[1] then
  redis.call('PUBLISH', ARGV[6], 'committed ' .. ARGV[7] .. ' ' .. string.format('%.0f', version))
end
return version
)";

const std::string kInvalidate = kCommon + R"(
redis.call('DEL', KEYS[2])
local old, flags = version_of(redis.call('GET', KEYS[1]))
local version = math.max(old + 1, now_us())
if ARGV[1] == 'dropped' then
  redis.call('DEL', KEYS[1])
elseif old > 0 then
  if flags < 2 then flags = flags + 2 end
  redis.call('SETRANGE', KEYS[1], 0, struct.pack('<BBI8', 177, flags, version))
end
redis.call('PUBLISH', ARGV[2], ARGV[1] .. ' ' .. ARGV[3] .. ' ' .. string.format('%.0f', version))
return version
)";

// Redis looks for memory at a script's first write only, so the one that grows comes first.
const std::string kPut = kCommon + R"(
local now = now_us()
local version = math.max(version_of(redis.call('GET', KEYS[1])) + 1, now)
local value = struct.pack('<BBI8I8', 177, tonumber(ARGV[1]), version, now) .. ARGV[2]
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], value)
else
  redis.call('SET', KEYS[1], value, 'PX', ARGV[3])
end
redis.call('DEL', KEYS[2])
if ARGV[4] ~= '' then
  redis.call('PUBLISH', ARGV[4], 'expired ' .. ARGV[5] .. ' ' .. string.format('%.0f', version))
end
return version
)";

// A value of another type is an error to GET, but not to SET.
const std::string kAppend = kCommon + R"(
local record, id_size, size = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then value = nil end
local old, bytes = version_of(value), ''
if old > 0 and (#value - 18) % size == 0 then bytes = string.sub(value, 19) end
local id = string.sub(record, 1, id_size)
for at = 1, #bytes, size do
  if string.sub(bytes, at, at + id_size - 1) == id then return {old, 0, bytes} end
end
bytes = string.sub(bytes .. record, -size * tonumber(ARGV[4]))
local now = now_us()
local version = math.max(old + 1, now)
redis.call('SET', KEYS[1], struct.pack('<BBI8I8', 177, 0, version, now) .. bytes, 'PX', ARGV[5])
return {version, 1, bytes}
)";

}  // namespace scripts

}  // namespace bidwell::cache
