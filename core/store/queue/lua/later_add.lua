--!needs names ring entry
-- later_add(due_ms, entry, due_ms, entry, ...) -> letters as enqueue's.
-- For what falls due soon; everything else stays in PostgreSQL until it is near. F (too much at
-- once) loses nothing: a sweep finds it when it is due.
local letters = {}
local room = LATER_MAX - call('ZCARD', P .. ':later')
for i = 3, #ARGV, 2 do
    local e = entry_parse(ARGV[i + 1])
    local state, fence = known_parse(call('HGET', IDX, e.job))
    local letter
    if state and fence >= e.fence then
        letter = fence == e.fence and 'D' or 'O'
    else
        if state then
            supersede(e.lane, e.tenant, e.job, state, fence)
            call('HDEL', IDX, e.job)
        end
        if room <= 0 then
            letter = 'F'
        else
            call('SADD', P .. ':lanes', e.lane)
            call('ZADD', P .. ':later', ARGV[i], ARGV[i + 1])
            call('HSET', IDX, e.job, 'd' .. e.fence)
            due_ring(tonumber(ARGV[i]))
            room = room - 1
            letter = 'A'
        end
    end
    letters[#letters + 1] = letter
end
return table.concat(letters)
