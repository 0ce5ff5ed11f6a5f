--!needs names ring entry
-- refill(lane, class, tenant, mark, fulls, asked, entry...) -> {letters, state}
--
-- The tenant overflowed its queue: ids above `mark` wait in PostgreSQL. The caller read `mark` and
-- `fulls` (see overs), then ready jobs with id > mark in id order, at most `asked`; the entries are
-- these. Pushing them and moving the mark is one step. Fewer than asked means that the database has
-- no more, so the mark goes, unless somebody was told FULL since `fulls` was read.
-- state: cleared | kept | moved (somebody else refilled first: nothing was done)
local lane, class, tenant, mark, fulls, asked =
    ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local over = over_read(lane, class, tenant)
if not over or over.mark ~= mark then
    return { '', 'moved' }
end
local entries = entries_from(9)
local letters = push(entries, 'length')
-- The first that found no room; what follows it waits with it.
local full = string.find(letters, 'F', 1, true)
local handed = full and full - 1 or #entries
if not full and #entries < asked and over.fulls == fulls then
    call('HDEL', P .. ':over:' .. lane .. ':' .. class, tenant)
    return { letters, 'cleared' }
end
over.rung = false
over.mark = handed > 0 and entries[handed].job or over.mark
over_write(lane, class, tenant, over)
if call('XLEN', queue_key(lane, class, tenant)) < IDS_LOW then
    refill_ring(lane, class, tenant, over)
end
return { letters, 'kept' }
