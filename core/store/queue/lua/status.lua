--!needs names ring turn held entry named
-- status(tenant, job or -, action or -) -> JSON for people and for `why`:
-- {weight, limit, rate, paused, held, holders: [job], rate_wait_ms, now_ms,
--  queues: [{lane, class, length, full, since_ms, parked_until_ms, ahead, aside: {count, name, paused}}],
--  job: {state, fence, lane, class, position, lane_busy}, names: [{name, slots, rate, paused, held: [job],
--  rate_wait_ms}]}
-- full: more of it waits in PostgreSQL, this job perhaps; ahead: queues whose turn comes earlier, of
-- other tenants or of a class that goes first; position: entries of the same queue before the job, from 0;
-- names: the limits that an action counts under. An empty list is left out.
local tenant, job, action = ARGV[3], ARGV[4], ARGV[5] or '-'
local HOLDERS_MAX = 20
local c = conf_of(tenant)
local answer = {
    weight = c.weight, limit = c.limit, rate = c.rate, paused = c.paused,
    held = slots_held(tenant), queues = {}, names = {}, now_ms = now,
}
local state, fence
if job ~= '-' then
    state, fence = known_parse(call('HGET', IDX, job))
    if state then
        answer.job = { state = state, fence = fence }
    end
end

local function position_in(lane, class)
    local before = 0
    for _, key in ipairs({ aside_key(lane, class, tenant), queue_key(lane, class, tenant) }) do
        local texts = of_list({}, 'LRANGE', key, 0, -1)
        for i, text in ipairs(texts) do
            local entry_job, entry_fence = string.match(text, '^(%S+) (%d+)')
            if entry_job == job and tonumber(entry_fence) == fence then
                return before + i - 1
            end
        end
        before = before + #texts
    end
end

-- What of the queue may not start because of its name: how many, and what holds the first of them back.
local function aside_of(lane, class)
    local key = aside_key(lane, class, tenant)
    local first = any_blocked() and of_list(false, 'LINDEX', key, 0)
    if not first then
        return nil
    end
    local aside = { count = call('LLEN', key) }
    for _, name in ipairs(names_of(string.match(first, '^%S+ %d+ %d+ %S+ (%S+)'))) do
        local limit = limit_of_name(tenant, name)
        if limit and not aside.name then
            aside.name, aside.paused = name, limit.paused
        end
    end
    return aside
end

-- Queues of the lane that `take` would serve before this one, at least: 0 means that the next take begins with it. Those
-- that it would meet and find at a limit are counted; nobody knows before.
local function ahead_of(lane, class)
    local ring, fresh = ring_key(lane, class), fresh_key(lane, class)
    local tag = call('ZSCORE', ring, tenant)
    if not tag then
        return nil
    end
    local ahead, others, before = 0, call('ZCARD', ring) - 1, true
    for _, other in ipairs(classes_in_turn(turn_read(lane))) do
        local count = other == class and 0 or call('ZCARD', ring_key(lane, other))
        before = before and other ~= class
        ahead = ahead + (before and count or 0)
        others = others + count
    end
    local rank = call('ZRANK', fresh, tenant)
    if rank then
        return ahead + rank
    end
    ahead = ahead + call('ZRANK', ring, tenant) + call('ZCARD', fresh) - call('ZCOUNT', fresh, '-inf', '(' .. tag)
    if ahead == 0 and others > 0 and share_left(lane, tenant, lane_busy(lane)) < 1 then
        return 1
    end
    return ahead
end

for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        local length = queue_length(lane, class, tenant)
        local over = over_read(lane, class, tenant) or held_name(held_read(lane, class, tenant), action, job)
        if length > 0 or over then
            local parked = call('ZSCORE', P .. ':parked', parked_name(lane, class, tenant))
            answer.queues[#answer.queues + 1] = {
                lane = lane, class = class, length = length, full = over ~= nil,
                since_ms = queue_since(lane, class, tenant, true), aside = aside_of(lane, class),
                parked_until_ms = parked and tonumber(parked) or nil,
                ahead = ahead_of(lane, class),
            }
            local position = state == 'q' and position_in(lane, class)
            if position then
                answer.job.lane, answer.job.class, answer.job.position = lane, class, position
                answer.job.lane_busy = lane_busy(lane)
            end
        end
    end
end
local function rate_wait(field, rate)
    if rate > 0 then
        local bucket = rate_state(field, rate)
        return bucket.room < 1 and math.ceil(bucket.wake - now) or nil
    end
end

local holders = {}
for _, lane in ipairs(lanes()) do
    for _, held_job in ipairs(limited(lane) and call('HKEYS', live_key(lane, tenant)) or {}) do
        if #holders < HOLDERS_MAX then
            holders[#holders + 1] = held_job
        end
    end
end
answer.holders = #holders > 0 and holders or nil
answer.rate_wait_ms = rate_wait(tenant, c.rate)
for _, name in ipairs(names_of(action)) do
    local limit = limit_of_name(tenant, name)
    if limit then
        local held = named_held(tenant)[name]
        answer.names[#answer.names + 1] = {
            name = name, slots = limit.slots, rate = limit.rate, paused = limit.paused, held = held,
            rate_wait_ms = rate_wait(tenant .. ' ' .. name, limit.rate),
        }
    end
end
for _, list in ipairs({ 'queues', 'names' }) do
    if #answer[list] == 0 then
        answer[list] = nil
    end
end
return cjson.encode(answer)
