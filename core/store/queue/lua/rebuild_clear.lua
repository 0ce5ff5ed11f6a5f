--!needs names
-- rebuild_clear(cursor) -> the next cursor, "0" at the end. Drops what the shard held, in steps.
if string.sub(ARGV[1], 1, 8) ~= 'rebuild:' then
    return redis.error_reply('ERR only a rebuild may clear the queue')
end
local page = call('SCAN', ARGV[3], 'MATCH', P .. ':*', 'COUNT', 1000)
local keep = { [P .. ':rebuild'] = true, [P .. ':leader'] = true, [P .. ':leader:term'] = true }
for _, name in ipairs(page[2]) do
    if not keep[name] then
        call('UNLINK', name)
    end
end
return page[1]
