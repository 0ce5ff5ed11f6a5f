--!needs names ring held entry
-- running(worker, elapsed_ms, entry, elapsed_ms, entry, ...) -> number of slots that were missing.
-- These run, PostgreSQL says so: sent with every heartbeat, after a reconnect, and when the queue is
-- rebuilt. A missing slot is put back; an estimate that was passed is raised to what has elapsed.
local worker = ARGV[3]
local missing = 0
for i = 4, #ARGV, 2 do
    local elapsed, e = tonumber(ARGV[i]), entry_parse(ARGV[i + 1])
    local state, fence = known_parse(call('HGET', IDX, e.job))
    local s = slot_read(e.lane, e.tenant, e.job)
    if s and s.fence == e.fence then
        if elapsed > s.charged then
            tag_adjust(e.lane, s.class, e.tenant, elapsed - s.charged)
            s.charged = elapsed
            call('HSET', live_key(e.lane, e.tenant), e.job, slot_text(s))
        end
    elseif not state or fence < e.fence then
        if state then
            supersede(e.lane, e.tenant, e.job)
        end
        e.state, e.charged, e.worker = 'l', math.max(1, elapsed), worker
        call('SADD', P .. ':lanes', e.lane)
        slot_take(e)
        call('HSET', IDX, e.job, 'l' .. e.fence)
        missing = missing + 1
    end
end
return missing
