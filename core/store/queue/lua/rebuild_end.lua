--!needs names ring
-- rebuild_end(generation) -> OK: the queue is open again, and everybody is woken.
if string.sub(ARGV[1], 1, 8) ~= 'rebuild:' then
    return redis.error_reply('ERR only a rebuild can end')
end
call('SET', KEYS[1], ARGV[3])
call('DEL', P .. ':rebuild')
for _, lane in ipairs(lanes()) do
    bell(lane, BELL_MAX)
end
return redis.status_reply('OK')
