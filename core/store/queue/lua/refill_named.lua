--!needs names ring held entry
-- refill_named(lane, class, tenant, name, from, fulls, up_to, entry...) -> {letters, state}
--
-- More waits under the name than it may set aside (part_held.lua). The caller read `from` and `fulls` (see overs), then looked
-- through the ready rows of that name from there on in id order, up to `up_to`; - : that was all of them, and then the name
-- is held no more, unless somebody was told so since `fulls` was read. Other names of an entry hold it all the same.
-- state: cleared | kept | moved (somebody else refilled first, or it begins earlier by now: nothing was done)
local lane, class, tenant, name = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local from, fulls, up_to = ARGV[7], tonumber(ARGV[8]), ARGV[9]
local AGAIN = 10 -- entries, when nothing came
local h = held_read(lane, class, tenant)[name]
if not h or h.from ~= from then
    return { '', 'moved' }
end
local entries = entries_cut(ARGV, 10)
local letters = push(entries, 'length', name)
local full = string.find(letters, 'F', 1, true)
if not full and up_to == '-' and h.fulls == fulls then
    held_forget(lane, class, tenant, name)
    return { letters, 'cleared' }
end
if full then
    h.from, h.past = entries[full].job, false
elseif up_to ~= '-' then
    h.from, h.past = up_to, true
elseif #entries > 0 then
    h.from, h.past = entries[#entries].job, true
end
if full or string.find(letters, 'A', 1, true) then
    h.want = 0 -- what came in will be taken, and who takes it asks again
    held_write(lane, class, tenant, name, h)
else
    h.want = math.max(h.want, AGAIN)
    held_ring(lane, class, tenant, { [name] = h }, { name })
end
return { letters, 'kept' }
