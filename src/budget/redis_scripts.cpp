#include "budget/redis_scripts.h"

#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {

// A sum of two texts of up to 15 digits is exact in doubles; longer ones are added by units and nanos. (-0 + 0 is 0.)
const std::string_view kCommon = R"(
local prefix = string.sub(KEYS[1], 1, -7)
local function key(kind, id) return id and prefix .. kind .. id or prefix .. kind end
local function text(number) return string.format('%.0f', number + 0) end
local function now_ms()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function bucket_of(ms) return math.floor(ms / 5000) end
local function bucket_end(bucket) return (bucket + 1) * 5000 end
local function is_over(bucket, now, kept) return bucket_end(bucket) + kept <= now end
local function cell_of(ms) return math.floor(ms / 900000) end

local function halves(amount, factor)
  if string.byte(amount) == 45 then
    factor = -factor
    amount = string.sub(amount, 2)
  end
  return factor * (tonumber(string.sub(amount, 1, -10)) or 0), factor * tonumber(string.sub(amount, -9))
end
local function sum(a, b, factor)
  if #a < 16 and #b < 16 then return text(a + factor * b) end
  local units, nanos = halves(a, 1)
  local more_units, more_nanos = halves(b, factor)
  units, nanos = units + more_units, nanos + more_nanos
  local carry = math.floor(nanos / 1e9)
  units, nanos = units + carry, nanos - carry * 1e9
  if units < 0 and nanos > 0 then units, nanos = units + 1, nanos - 1e9 end
  if units == 0 then return text(nanos) end
  return string.format('%.0f%09.0f', units, math.abs(nanos))
end
local function plus(a, b) return sum(a, b, 1) end
local function minus(a, b)
  if b == '0' then return a end
  return sum(a, b, -1)
end
local function below(a, b)
  if #a < 16 and #b < 16 then return tonumber(a) < tonumber(b) end
  return string.byte(minus(a, b)) == 45
end

local function lease_of(value)
  local number, day, used, granted, offered, expires =
    string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return {number = number, day = day, used = used, granted = granted, offered = offered, expires = tonumber(expires)}
end
local function make_account(id)
  local account = key('account ', id)
  if redis.call('HEXISTS', account, 'spent') == 1 then return end
  redis.call('SADD', key('accounts'), id)
  redis.call('HSET', account, 'spent', '0')
end
)";

const std::string_view kGuard = R"(
local version = redis.call('GET', KEYS[1])
if not version then return redis.error_reply('LEDGERMISSING there is no ledger in Redis') end
if version ~= '1' then return redis.error_reply('ERR the ledger in Redis is laid out by another version') end
)";

const redis::Script& positions() {
  static const redis::Script script = guarded(R"(
local answer = {}
for i = 2, #ARGV do answer[i - 1] = redis.call('HGET', key('positions'), ARGV[i]) or '0' end
return answer
)");
  return script;
}

const redis::Script& advances() {
  static const redis::Script script = guarded("return redis.call('HSCAN', key('positions'), ARGV[2], 'COUNT', '1000')");
  return script;
}

const redis::Script& forget() {
  static const redis::Script script = guarded(R"(
for i = 2, #ARGV do redis.call('HDEL', key('positions'), ARGV[i]) end
return redis.status_reply('OK')
)");
  return script;
}

const redis::Script& disclaim() {
  static const redis::Script script(std::string(kCommon) + R"(
local name = key('claim ', ARGV[2])
if redis.call('GET', name) == ARGV[3] then redis.call('DEL', name) end
return redis.status_reply('OK')
)");
  return script;
}

const redis::Script& names() {
  static const redis::Script script = guarded("return redis.call('SMEMBERS', key('accounts'))");
  return script;
}

const redis::Script& states() {
  static const redis::Script script = with_account(R"(
local answers = {}
for i = 3, #ARGV do
  local day = redis.call('HGET', key('account ', ARGV[i]), 'day')
  if not day or day == '' then day = '0' end
  if tonumber(day) > latest_day then day = text(latest_day) end
  take_up(ARGV[i], day)
  forget()
  put_back()
  answers[#answers + 1] = {fields['hand total'], fields['hand daily'], day, standing(0, '0', day),
                           redis.call('HLEN', leases)}
end
return answers
)");
  return script;
}

const redis::Script& spent() {
  static const redis::Script script = with_account(R"(
if not take_up(ARGV[3], '0') then return {'0', {}, {}} end
forget()
put_back()
local all, days = redis.call('HGETALL', account), {}
for i = 1, #all, 2 do
  local day = string.match(all[i], '^spent (%-?%d+)$')
  if day and keeps(day) and all[i + 1] ~= '0' then
    days[#days + 1] = day
    days[#days + 1] = all[i + 1]
  end
end
return {fields.spent, redis.call('HGETALL', key('spent ', id)), days}
)");
  return script;
}

const redis::Script& offered() {
  static const redis::Script script = with_account(R"(
if not take_up(ARGV[3], '0') then return {} end
forget()
put_back()
return redis.call('HGETALL', key('offered ', id))
)");
  return script;
}

const redis::Script& set_limits() {
  static const redis::Script script = guarded(R"(
make_account(ARGV[2])
redis.call('HSET', key('account ', ARGV[2]), 'hand total', ARGV[3], 'hand daily', ARGV[4])
return redis.status_reply('OK')
)");
  return script;
}

const redis::Script& mend() {
  static const redis::Script script = with_account(R"(
local cell, day, expected, difference = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local known = take_up(ARGV[3], day)
if known then forget() end
put_back()
changed = {}
local stands = fields.spent
if cell == '0' then
  for _, amount in ipairs(redis.call('HVALS', key('spent ', id))) do stands = minus(stands, amount) end
else
  if tonumber(cell) <= cell_of(now) - 288 then return 0 end
  stands = redis.call('HGET', key('spent ', id), cell) or '0'
end
if stands ~= expected then return 0 end
make_account(id)
add('spent', difference)
if cell ~= '0' then
  if tonumber(day) <= latest_day then
    see_day(day)
    add('spent ' .. day, difference)
  end
  redis.call('HINCRBY', key('spent ', id), cell, difference)
end
put_back()
return 1
)");
  return script;
}

}  // namespace bidwell::budget::scripts
