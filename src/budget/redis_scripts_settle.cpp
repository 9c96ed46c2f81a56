// settle(): Book::settle as a script.
#include "budget/redis_scripts.h"
#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {

const redis::Script& settle() {
  static const redis::Script script = with_account(R"(
local holder, lease_ms = ARGV[3], tonumber(ARGV[4])

-- What is left of a limit; may be negative.
local function rest(limit, spent, open_sum, leased)
  if limit == '' then return math.huge end
  if below(open_sum, '0') then open_sum = '0' end
  return tonumber(minus(minus(minus(limit, spent), open_sum), leased))
end
local function room(day)
  local total, daily = limits()
  local least = rest(total, fields.spent, fields.open, fields.leased)
  if daily == '' then return least end
  if not keeps(day) then return 0 end
  return math.min(least, rest(daily, get('spent ' .. day), get('open ' .. day), get('leased ' .. day)))
end
-- What is granted from now on.
local function grant(lease, wanted, least)
  local target = below(wanted, lease.used) and lease.used or wanted
  if not below(lease.granted, target) then return target end
  local free = math.max(0, room(lease.day))
  local more = math.min(tonumber(minus(target, lease.granted)), math.max(math.floor(free / 8), math.min(free, least)))
  return more > 0 and plus(lease.granted, text(more)) or lease.granted
end

-- The lease that the statement is of, begun where it may be; nothing: it is lost.
local function lease_for(number, day, used)
  if not may_be_today(day) then return false end
  local held = lease_at(holder)
  local lease = held and lease_of(held)
  if lease and lease.number == number then return lease.day == day and lease end
  if used ~= '0' or lease and below(number, lease.number) then return false end
  if lease then ends(lease, bucket_of(now)) end
  return {number = number, day = day, used = '0', granted = '0', offered = '0'}
end
local function use(lease, used)
  local more = minus(used, lease.used)
  if not below('0', more) then return end
  local left = minus(lease.granted, lease.used)
  add_of_day('leased', lease.day, minus('0', below(left, more) and left or more))
  lease.used = used
  if below(lease.granted, used) then lease.granted = used end
  add('used', more)
  becomes_open(bucket_of(now), lease.day, more)
end
-- All that was offered may come to more than 2^63 in months: differences stay right.
local function offer(lease, offered)
  local more = minus(offered, lease.offered)
  if not below('0', more) then return end
  lease.offered = offered
  local all = plus(fields.offered, more)
  if #all > 18 and not below(all, '9223372036854775808') then all = minus(all, '9223372036854775808') end
  set('offered', all)
  add_offered(more)
end

local function statement(i)
  local day, number, used, closed = ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 9] == '1'
  local known = take_up(ARGV[i], day)
  if not known and (used ~= '0' or not may_be_today(day)) then return '1 0 - - 0 0 0 0 0 0 0 0 0' end
  forget()
  local lease = lease_for(number, day, used)
  if not lease then return standing(1, '0', day) end
  if not known then begin_account() end
  set('total', ARGV[i + 1])
  set('daily', ARGV[i + 2])
  set('chance', ARGV[i + 10])
  see_day(day)

  use(lease, used)
  offer(lease, ARGV[i + 6])
  local granted = grant(lease, closed and '0' or ARGV[i + 7], tonumber(ARGV[i + 8]))
  add_of_day('leased', day, minus(granted, lease.granted))
  if closed then
    set_lease(holder, false)
  else
    local expires = now + lease_ms
    set_lease(holder, table.concat({number, day, lease.used, granted, lease.offered, text(expires)}, ' '))
    if fields.due == '' or expires < tonumber(fields.due) then set('due', text(expires)) end
  end
  return standing(0, granted, day)
end

local answers = {}
for i = 5, #ARGV, 11 do
  answers[#answers + 1] = statement(i)
  put_back()
end
return answers
)");
  return script;
}

}  // namespace bidwell::budget::scripts
