// One account in a script's hands: BookAccount as Lua. Its fields are read at once, changed here, and written at once.
#include "budget/redis_scripts_common.h"

namespace bidwell::budget::scripts {

const std::string_view kAccount = R"(
local now, reserve = now_ms(), tonumber(ARGV[2]) * 1000

-- The account's keys, its fields as they stand, and those that must be written.
local id, account, leases, open, fields, changed
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
  changed = {}
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
local function put_back()
  local words = {}
  for field in pairs(changed) do
    words[#words + 1] = field
    words[#words + 1] = fields[field]
  end
  if #words > 0 then redis.call('HSET', account, unpack(words)) end
end

local function keeps(day) return fields.day == '' or tonumber(day) > tonumber(fields.day) - 3 end
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
  redis.call('HINCRBY', open, text(bucket) .. ' ' .. day, amount)
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
  local all = redis.call('HGETALL', leases)
  for i = 1, #all, 2 do
    local lease = lease_of(all[i + 1])
    if lease.expires <= now then
      ends(lease, bucket_of(lease.expires))
      redis.call('HDEL', leases, all[i])
    elseif not due or lease.expires < due then
      due = lease.expires
    end
  end
  set('due', due and text(due) or '')
end
local function forget_open()
  if fields.oldest == '' or not is_over(tonumber(fields.oldest), now, reserve) then return end
  local oldest = nil
  local all = redis.call('HGETALL', open)
  for i = 1, #all, 2 do
    local bucket, day = string.match(all[i], '^(%S+) (%S+)$')
    bucket = tonumber(bucket)
    if is_over(bucket, now, reserve) then
      add_of_day('open', day, minus('0', all[i + 1]))
      redis.call('HDEL', open, all[i])
    elseif not oldest or bucket < oldest then
      oldest = bucket
    end
  end
  set('oldest', oldest and text(oldest) or '')
end
-- Cells and days that are not kept. Once a cell.
local function forget_cells(kind, least)
  for _, cell in ipairs(redis.call('HKEYS', key(kind, id))) do
    if tonumber(cell) <= least then redis.call('HDEL', key(kind, id), cell) end
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
      redis.call('HDEL', account, field)
      fields[field], changed[field] = '0', nil
    end
  end
end
local function forget()
  forget_leases()
  forget_open()
  forget_old()
end
)";

}  // namespace bidwell::budget::scripts
