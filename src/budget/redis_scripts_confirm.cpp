// confirm(): Book::confirm as a script.
#include "budget/redis_scripts.h"
#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {

// What a script did before an error stays done, and a bid that is remembered and not counted would be lost: so first
// everything is looked at that may fail, such as a key of another type.
//
// Accounts are not gone through for what is over: that may be done at any time, and the next statement does it.
const redis::Script& confirm() {
  static const redis::Script script = guarded(R"(
local now, reserve, repeats = now_ms(), tonumber(ARGV[2]) * 1000, tonumber(ARGV[3]) * 1000
local first, latest_day = 5 + 3 * tonumber(ARGV[4]), math.floor(now / 86400000) + 1

local stands = {}
for i = 5, first - 1, 3 do
  local journal = ARGV[i]
  local at = stands[journal] or redis.call('HGET', key('positions'), journal) or '0'
  if at ~= ARGV[i + 1] then
    return redis.error_reply('JOURNALMOVED the journal ' .. journal .. ' was confirmed up to ' .. at .. ', not ' ..
                             ARGV[i + 1])
  end
  stands[journal] = ARGV[i + 2]
end

local looked_at = {}
local function look(command, name)
  if looked_at[name] then return end
  redis.call(command, name)
  looked_at[name] = true
end
look('SCARD', key('accounts'))
for i = first, #ARGV, 6 do
  local id, own = ARGV[i + 1], text(bucket_of(tonumber(ARGV[i + 3]) * 1000))
  if not looked_at[id] then
    look('HLEN', key('account ', id))
    look('HLEN', key('open ', id))
    look('HLEN', key('spent ', id))
    looked_at[id] = true
  end
  look('SCARD', key('billed ', own))
  look('SCARD', key('released ', own))
end

local dated = {}
local function remember(name, bid, until_ms)
  redis.call('SADD', name, bid)
  if not dated[name] then
    redis.call('PEXPIREAT', name, text(until_ms))
    dated[name] = true
  end
end
local function knows(name, bid) return redis.call('SISMEMBER', name, bid) == 1 end

-- What is to be added, by key and field, and of each account its latest day and first bucket: written once for all.
local sums, days, oldest, touched = {}, {}, {}, {}
local function add(name, field, amount)
  local fields = sums[name]
  if not fields then
    fields = {}
    sums[name] = fields
  end
  fields[field] = fields[field] and plus(fields[field], amount) or amount
end

local function release(bucket, id, day, reserved)
  if reserved == '0' then return end
  local account, less = key('account ', id), minus('0', reserved)
  add(account, 'open', less)
  add(account, 'open ' .. day, less)
  add(key('open ', id), text(bucket) .. ' ' .. day, less)
  if not oldest[id] or bucket < oldest[id] then oldest[id] = bucket end
end
local function bill(at, id, day, cost)
  local account, cell = key('account ', id), cell_of(at)
  add(account, 'spent', cost)
  if cell > cell_of(now) - 288 then add(key('spent ', id), text(cell), cost) end
  if tonumber(day) > latest_day then return end
  add(account, 'spent ' .. day, cost)
  if not days[id] or tonumber(day) > days[id] then days[id] = tonumber(day) end
end
local function resolve(bid, id, day, at, reserved, cost)
  local own = bucket_of(at)
  local bucket = math.min(own, bucket_of(now))
  local billed, released = key('billed ', text(own)), key('released ', text(own))
  local remembered = not is_over(own, now, repeats)
  if remembered and knows(billed, bid) then return end
  if not is_over(bucket, now, reserve) and not knows(released, bid) then
    remember(released, bid, bucket_end(own) + reserve)
    release(bucket, id, day, reserved)
    touched[id] = true
  end
  if cost ~= '' then
    if remembered then remember(billed, bid, bucket_end(own) + repeats) end
    bill(at, id, day, cost)
    touched[id] = true
  end
end
for i = first, #ARGV, 6 do
  resolve(ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]) * 1000, ARGV[i + 4], ARGV[i + 5])
end

for id in pairs(touched) do
  local account = key('account ', id)
  make_account(id)
  local known = redis.call('HMGET', account, 'day', 'oldest')
  local day = tonumber(known[1] or '')
  local latest = math.min(math.max(day or days[id] or 0, days[id] or day or 0), latest_day)
  if (day or days[id]) and latest ~= day then redis.call('HSET', account, 'day', text(latest)) end
  if oldest[id] and (not known[2] or known[2] == '' or oldest[id] < tonumber(known[2])) then
    redis.call('HSET', account, 'oldest', text(oldest[id]))
  end
end
for name, fields in pairs(sums) do
  for field, amount in pairs(fields) do redis.call('HINCRBY', name, field, amount) end
end
for journal, at in pairs(stands) do redis.call('HSET', key('positions'), journal, at) end
return redis.status_reply('OK')
)");
  return script;
}

}  // namespace bidwell::budget::scripts
