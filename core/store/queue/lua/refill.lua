--!needs names ring held entry
-- refill(lane, class, tenant, mark, fulls, up_to, entry...) -> {letters, state}
--
-- The tenant overflowed its queue: ids above `mark` wait in PostgreSQL. The caller read `mark` and
-- `fulls` (see overs), then looked through the ready rows above mark in id order, up to `up_to`; the entries are
-- those of this lane and class. Pushing them and moving the mark is one step. up_to - : that was all of them,
-- so the mark goes, unless somebody was told FULL since `fulls` was read.
-- state: cleared | kept | moved (somebody else refilled first: nothing was done)
local lane, class, tenant, mark, fulls, up_to =
    ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8]
local over = over_read(lane, class, tenant)
if not over or over.mark ~= mark then
    return { '', 'moved' }
end
local entries = entries_cut(ARGV, 9)
local letters = push(entries, 'length')
-- The first that found no room; what follows it waits with it.
local full = string.find(letters, 'F', 1, true)
local handed = full and full - 1 or #entries
if not full and up_to == '-' and over.fulls == fulls then
    call('HDEL', P .. ':over:' .. lane .. ':' .. class, tenant)
    return { letters, 'cleared' }
end
over.rung = false
if not full and up_to ~= '-' then
    over.mark = up_to
elseif handed > 0 then
    over.mark = entries[handed].job
end
over_write(lane, class, tenant, over)
if queue_length(lane, class, tenant) < IDS_LOW then
    refill_ring(lane, class, tenant, over)
end
return { letters, 'kept' }
