--!needs names ring held entry
-- promote() -> {moved, next_ms, more, now_ms, {tenant, ...}}: what is due moves on.
--
--   due      tenants with a delayed job whose moment has come are named; the caller looks at their rows
--   taken    and not claimed in time goes back to its queue
--   parked   tenants are looked at again
--
-- next_ms is the next such moment (0: none), so the caller sets a timer and does not poll; more = 1
-- if the bound of one call was reached.
local DUE_BATCH, TAKEN_BATCH, PARKED_BATCH, TAGS_BATCH = 100, 20, 200, 8
local moved, more = 0, 0

local function due(name, batch)
    local members = call('ZRANGEBYSCORE', P .. ':' .. name, '-inf', exact(now), 'LIMIT', 0, batch)
    if #members > 0 then
        call('ZREM', P .. ':' .. name, unpack(members))
    end
    if #members == batch then
        more = 1
    end
    return members
end

-- The slots of one lane and tenant: those past their deadline are freed, and come back if idx still says so.
local function taken_back(lane, tenant)
    local back, next_deadline = {}, nil
    local live = call('HGETALL', live_key(lane, tenant))
    for i = 1, #live, 2 do
        local s = slot_parse(live[i + 1], lane, tenant, live[i])
        if s.state == 't' and s.deadline <= now then
            if call('HGET', IDX, s.job) == 'q' .. s.fence then
                back[#back + 1] = entry_of_slot(s)
            end
            slot_settle(lane, tenant, s.job, s.fence, 0)
        elseif s.state == 't' then
            next_deadline = math.min(s.deadline, next_deadline or s.deadline)
        end
    end
    if next_deadline then
        call('ZADD', P .. ':taken', exact(next_deadline), lane .. ' ' .. tenant)
    end
    return back
end

local function taken_due()
    for _, text in ipairs(due('taken', TAKEN_BATCH)) do
        local lane, tenant = string.match(text, '^([^ ]+) ([^ ]+)$')
        local back = taken_back(lane, tenant)
        if #back > 0 then
            unpark(tenant)
            push(back, 'none')
            moved = moved + #back
        end
    end
end

local function parked_due()
    for _, text in ipairs(due('parked', PARKED_BATCH)) do
        local lane, class, tenant = string.match(text, '^(%S+) (%S+) (%S+)$')
        if any_blocked() and call('HEXISTS', P .. ':blocked', text) == 1 then
            call('HSET', P .. ':blocked', text, '-')
        end
        if ring_join(lane, class, tenant) then
            bell(lane, BELL_MAX)
            moved = moved + 1
        end
    end
end

-- A saved tag that virtual time has passed says nothing any more; a few are dropped each time.
local function tags_forget()
    for _, lane in ipairs(lanes()) do
        for _, class in ipairs(CLASSES) do
            local clock = clock_key(lane, class)
            local virtual_now = tonumber(call('HGET', clock, 'now') or 0)
            local some = call('HRANDFIELD', clock, TAGS_BATCH, 'WITHVALUES')
            for i = 1, #some, 2 do
                if some[i] ~= 'now' and some[i] ~= 'top' and tonumber(some[i + 1]) <= virtual_now then
                    call('HDEL', clock, some[i])
                end
            end
        end
    end
end

local tenants = due('due', DUE_BATCH)
taken_due()
parked_due()
tags_forget()
local next_ms = 0
for _, name in ipairs({ 'due', 'taken', 'parked' }) do
    local first = call('ZRANGE', P .. ':' .. name, 0, 0, 'WITHSCORES')
    local at = tonumber(first[2])
    if at and (next_ms == 0 or at < next_ms) then
        next_ms = at
    end
end
return { moved, next_ms, more, now, tenants }
