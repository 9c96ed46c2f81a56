// One account in a script's hands: BookAccount as Lua. It is read, changed here, and written at once by put_back(),
// when nothing can fail any more: what a script did before an error stays done, and would be done again by the next.
#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {

const std::string_view kAccount = R"(
local now, reserve = now_ms(), tonumber(ARGV[2]) * 1000

-- The latest day that can have begun anywhere, and whether one may be some zone's at present.
local latest_day = math.floor(now / 86400000) + 1
local function may_be_today(day)
  day = tonumber(day)
  return day <= latest_day and day >= latest_day - 2
end

-- The account's keys, its fields as they stand, and those that must be written. Of its other hashes what must be
-- written, by the hash's name and field; false: deleted.
local id, account, leases, open, fields, changed, hashes, begun
local function stands(name, field)
  local value = hashes[name] and hashes[name][field]
  if value == nil then value = redis.call('HGET', name, field) end
  return value
end
local function put(name, field, value)
  hashes[name] = hashes[name] or {}
  hashes[name][field] = value
end
-- field, value, ... of a hash.
local function all_of(name)
  local all, put_there = {}, hashes[name] or {}
  local stored = redis.call('HGETALL', name)
  for i = 1, #stored, 2 do
    if put_there[stored[i]] == nil then all[stored[i]] = stored[i + 1] end
  end
  for field, value in pairs(put_there) do all[field] = value or nil end
  return all
end
local function get(field)
  local value = fields[field]
  if not value then
    value = redis.call('HGET', account, field) or '0'
    fields[field] = value
  end
  return value
end
local function set(field, value)
  if fields[field] ~= value then
    fields[field] = value
    changed[field] = true
  end
end
local function add(field, amount)
  if amount ~= '0' then set(field, plus(get(field), amount)) end
end
local function add_of_day(field, day, amount)
  add(field, amount)
  add(field .. ' ' .. day, amount)
end

-- Tells whether it is known.
local function take_up(campaign, day)
  id = campaign
  account, leases, open = key('account ', id), key('leases ', id), key('open ', id)
  changed, hashes, begun = {}, {}, false
  local v = redis.call('HMGET', account, 'spent', 'open', 'leased', 'used', 'offered', 'chance', 'total', 'daily',
                       'hand total', 'hand daily', 'due', 'oldest', 'pruned', 'day', 'spent ' .. day, 'open ' .. day,
                       'leased ' .. day)
  fields = {spent = v[1] or '0', open = v[2] or '0', leased = v[3] or '0', used = v[4] or '0', offered = v[5] or '0',
            chance = v[6] or '0', total = v[7] or '', daily = v[8] or '', ['hand total'] = v[9] or '',
            ['hand daily'] = v[10] or '', due = v[11] or '', oldest = v[12] or '', pruned = v[13] or '',
            day = v[14] or '', ['spent ' .. day] = v[15] or '0', ['open ' .. day] = v[16] or '0',
            ['leased ' .. day] = v[17] or '0'}
  return v[1] and true or false
end
local function begin_account()
  redis.call('SCARD', key('accounts'))
  begun = true
  changed.spent = true
end
local function put_back()
  if begun then redis.call('SADD', key('accounts'), id) end
  for name, values in pairs(hashes) do
    for field, value in pairs(values) do
      if value then redis.call('HSET', name, field, value) else redis.call('HDEL', name, field) end
    end
  end
  hashes, begun = {}, false
  local words = {}
  for field in pairs(changed) do
    words[#words + 1] = field
    words[#words + 1] = fields[field]
  end
  if #words > 0 then redis.call('HSET', account, unpack(words)) end
end

local function keeps(day) return fields.day == '' or tonumber(day) > tonumber(fields.day) - 3 end
local function see_day(day)
  if fields.day == '' or tonumber(day) > tonumber(fields.day) then set('day', day) end
end
local function lease_at(holder) return stands(leases, holder) end
local function set_lease(holder, value) put(leases, holder, value) end
local function add_offered(amount)
  local name, cell = key('offered ', id), text(cell_of(now))
  local all = plus(stands(name, cell) or '0', amount)
  put(name, cell, #all > 18 and below('4611686018427387904', all) and '4611686018427387904' or all)
end
local function limits()
  local total, daily = fields['hand total'], fields['hand daily']
  return total ~= '' and total or fields.total, daily ~= '' and daily or fields.daily
end
local function standing(lost, granted, day)
  local total, daily = limits()
  local kept = keeps(day)
  return table.concat({lost, granted, total == '' and '-' or total, daily == '' and '-' or daily,
                       fields.spent, kept and get('spent ' .. day) or '0', fields.open,
                       kept and get('open ' .. day) or '0', fields.leased, kept and get('leased ' .. day) or '0',
                       fields.used, fields.offered, fields.chance}, ' ')
end

local function becomes_open(bucket, day, amount)
  if amount == '0' then return end
  add_of_day('open', day, amount)
  local field = text(bucket) .. ' ' .. day
  put(open, field, plus(stands(open, field) or '0', amount))
  if fields.oldest == '' or bucket < tonumber(fields.oldest) then set('oldest', text(bucket)) end
end
-- A lease's rest is open from now on.
local function ends(lease, bucket)
  local rest = minus(lease.granted, lease.used)
  add_of_day('leased', lease.day, minus('0', rest))
  becomes_open(bucket, lease.day, rest)
end

local function forget_leases()
  if fields.due == '' or now < tonumber(fields.due) then return end
  local due = nil
  for holder, value in pairs(all_of(leases)) do
    local lease = lease_of(value)
    if lease.expires <= now then
      ends(lease, bucket_of(lease.expires))
      set_lease(holder, false)
    elseif not due or lease.expires < due then
      due = lease.expires
    end
  end
  set('due', due and text(due) or '')
end
-- The sums are made anew of what is left, so that they cannot come apart from it.
local function forget_open()
  if fields.oldest == '' or not is_over(tonumber(fields.oldest), now, reserve) then return end
  local oldest, all, by_day = nil, '0', {}
  for field, amount in pairs(all_of(open)) do
    local bucket, day = string.match(field, '^(%S+) (%S+)$')
    bucket = tonumber(bucket)
    by_day[day] = by_day[day] or '0'
    if is_over(bucket, now, reserve) then
      put(open, field, false)
    else
      all, by_day[day] = plus(all, amount), plus(by_day[day], amount)
      if not oldest or bucket < oldest then oldest = bucket end
    end
  end
  set('open', all)
  for day, amount in pairs(by_day) do set('open ' .. day, amount) end
  set('oldest', oldest and text(oldest) or '')
end
-- Cells and days that are not kept. Once a cell.
local function forget_cells(kind, least)
  for _, cell in ipairs(redis.call('HKEYS', key(kind, id))) do
    if tonumber(cell) <= least then put(key(kind, id), cell, false) end
  end
end
local function forget_old()
  local cell = cell_of(now)
  if fields.pruned ~= '' and cell <= tonumber(fields.pruned) then return end
  set('pruned', text(cell))
  forget_cells('spent ', cell - 288)
  forget_cells('offered ', cell - 1440)
  for _, field in ipairs(redis.call('HKEYS', account)) do
    local kind, day = string.match(field, '^(%a+) (%-?%d+)$')
    if day and not keeps(day) and (kind == 'spent' or get(field) == '0') then
      put(account, field, false)
      fields[field], changed[field] = '0', nil
    end
  end
end
local function forget()
  if fields.day ~= '' and tonumber(fields.day) > latest_day then set('day', text(latest_day)) end
  forget_leases()
  forget_open()
  forget_old()
end
)";

}  // namespace bidwell::budget::scripts
