// Making a ledger: piece by piece, as it may be large, by one maker at a time. Until the last piece every other script
// finds none.
#include <algorithm>
#include <iterator>

#include "budget/redis_scripts.h"
#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {
namespace {

redis::Script of_maker(std::string_view body) {
  constexpr std::string_view kMine = R"(
if redis.call('GET', key('making')) ~= ARGV[2] then
  return redis.error_reply('ERR another instance makes the ledger now')
end
redis.call('PEXPIRE', key('making'), 10000)
)";
  return redis::Script(std::string(kCommon) + std::string(kMine) + std::string(body));
}

}  // namespace

bool is_cleared(std::string_view name) {
  constexpr std::string_view kKinds[] = {"account ", "leases ", "open ", "spent ", "offered "};
  constexpr std::string_view kBuckets[] = {"billed ", "released "};
  const auto begins = [&](std::string_view kind) { return name.starts_with(kind); };
  if (std::any_of(std::begin(kKinds), std::end(kKinds), begins)) return true;
  return std::any_of(std::begin(kBuckets), std::end(kBuckets), [&](std::string_view kind) {
    return begins(kind) && name.find_first_not_of("-0123456789", kind.size()) == std::string_view::npos;
  });
}

const redis::Script& make_begin() {
  static const redis::Script script(std::string(kCommon) + R"(
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return redis.call('SET', key('making'), ARGV[2], 'NX', 'PX', '10000') and 1 or -1
)");
  return script;
}

const redis::Script& make_clear() {
  static const redis::Script script = of_maker(R"(
local accounts = key('account ')
for i = 3, #ARGV do
  local name, total, daily = ARGV[i], nil, nil
  local is_account = string.sub(name, 1, #accounts) == accounts
  if is_account and redis.call('TYPE', name).ok == 'hash' then
    local set = redis.call('HMGET', name, 'hand total', 'hand daily')
    total, daily = set[1] or '', set[2] or ''
  end
  redis.call('UNLINK', name)
  if total and (total ~= '' or daily ~= '') then
    make_account(string.sub(name, #accounts + 1))
    redis.call('HSET', name, 'hand total', total, 'hand daily', daily)
  end
end
return redis.status_reply('OK')
)");
  return script;
}

const redis::Script& make_write() {
  static const redis::Script script = of_maker(R"(
local i = 4
local function take()
  i = i + 1
  return ARGV[i - 1]
end
for _ = 1, tonumber(ARGV[3]) do redis.call('HSET', key('positions'), take(), take()) end
while i <= #ARGV do
  local id, in_all, cells, days = take(), take(), tonumber(take()), tonumber(take())
  make_account(id)
  redis.call('HSET', key('account ', id), 'spent', in_all)
  for _ = 1, cells do redis.call('HSET', key('spent ', id), take(), take()) end
  local latest = nil
  for _ = 1, days do
    local day = take()
    redis.call('HSET', key('account ', id), 'spent ' .. day, take())
    latest = math.max(latest or tonumber(day), tonumber(day))
  end
  if latest then redis.call('HSET', key('account ', id), 'day', text(latest)) end
end
return redis.status_reply('OK')
)");
  return script;
}

const redis::Script& make_finish() {
  static const redis::Script script = of_maker(R"(
redis.call('SET', KEYS[1], '1')
redis.call('UNLINK', key('making'))
return redis.status_reply('OK')
)");
  return script;
}

}  // namespace bidwell::budget::scripts
