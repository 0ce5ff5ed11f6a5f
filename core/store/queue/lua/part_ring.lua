-- part_ring.lua - whose turn it is: start-time fair queueing per lane and class.
--
--   ring:<lane>:<class>   tenants with something ready, by the virtual time at which they start next
--   fresh:<lane>:<class>  those of them that hold no slot of the lane: they go first
--   clock:<lane>:<class>  now (start tag of the last taken), top (highest tag given), and the tags of
--                         tenants that left, under the tenant's name
--   parked                "lane class tenant" at a limit, by the time to look again
--   blocked               "lane class tenant" whose aside list holds something -> until when all of it is
--                         at a limit of its name, ms, 0 until a slot comes free; '-' to look again
--   conf                  tenant -> "weight limit rate paused"; limit and rate 0 = none
--   told                  tenant -> the revision of the row its limits were read from
--
-- ctl is outside limit and rate: a tenant whose runs fill its slots must still be able to plan.

local confs = {}
local function conf_of(tenant)
    local c = confs[tenant]
    if c then
        return c
    end
    local text = call('HGET', P .. ':conf', tenant)
    c = { weight = 1, limit = 0, rate = 0, paused = false }
    if text then
        local weight, limit, rate, paused = string.match(text, '^(%S+) (%S+) (%S+) (%S+)$')
        c.weight, c.limit, c.rate = tonumber(weight), tonumber(limit), tonumber(rate)
        c.paused = paused == '1'
    end
    confs[tenant] = c
    return c
end

local function conf_put(tenant, c)
    confs[tenant] = c
    call('HSET', P .. ':conf', tenant,
        exact(c.weight) .. ' ' .. c.limit .. ' ' .. exact(c.rate) .. ' ' .. (c.paused and 1 or 0))
end

-- Limits come from rows of that revision; those of a later one may have been told before, and then these are old: a visit
-- that read them before somebody changed them. 0: of no rows.
local function told_later(tenant, revision)
    revision = tonumber(revision or 0)
    if revision == 0 then
        return false
    end
    local known = tonumber(call('HGET', P .. ':told', tenant) or 0)
    if known < revision then
        call('HSET', P .. ':told', tenant, revision)
    end
    return known > revision
end

local function clock_key(lane, class)
    return P .. ':clock:' .. lane .. ':' .. class
end

local function fresh_key(lane, class)
    return P .. ':fresh:' .. lane .. ':' .. class
end

local function parked_name(lane, class, tenant)
    return lane .. ' ' .. class .. ' ' .. tenant
end

-- now and top of a clock, read once a script and written when they change.
local clocks = {}
local function clock_of(lane, class)
    local key = clock_key(lane, class)
    local c = clocks[key]
    if not c then
        local read = call('HMGET', key, 'now', 'top')
        c = { key = key, now = tonumber(read[1] or 0), top = tonumber(read[2] or 0) }
        clocks[key] = c
    end
    return c
end

-- Put `tenant` into the ring at `tag`, or move it there.
local function ring_set(lane, class, tenant, tag)
    local text, clock = exact(tag), clock_of(lane, class)
    call('ZADD', ring_key(lane, class), text, tenant)
    if call('EXISTS', live_key(lane, tenant)) == 0 then
        call('ZADD', fresh_key(lane, class), text, tenant)
    else
        call('ZREM', fresh_key(lane, class), tenant)
    end
    if clock.top < tag then
        clock.top = tag
        call('HSET', clock.key, 'top', text)
    end
end

local blocked_exists -- is anything set aside, asked once a script
local function any_blocked()
    if blocked_exists == nil then
        blocked_exists = call('EXISTS', P .. ':blocked') == 1
    end
    return blocked_exists
end

-- Entries of a queue, with those set aside.
local function queue_length(lane, class, tenant)
    local length = of_list(0, 'LLEN', queue_key(lane, class, tenant))
    return any_blocked() and length + of_list(0, 'LLEN', aside_key(lane, class, tenant)) or length
end

-- A tenant comes back, from whatever kept it away: it starts where it left, but claims nothing for
-- the time it was absent. True if it is new in the ring.
local function ring_join(lane, class, tenant)
    if call('ZSCORE', ring_key(lane, class), tenant) then
        return false
    end
    if queue_length(lane, class, tenant) == 0 then
        return false
    end
    call('SADD', P .. ':lanes', lane) -- whether or not it may join now: who resumes or unparks looks there
    if conf_of(tenant).paused then
        return false
    end
    local parked = parked_name(lane, class, tenant)
    if call('ZSCORE', P .. ':parked', parked) then
        if (call('HGET', P .. ':blocked', parked) or '-') == '-' then
            return false
        end
        -- It is parked because of what its jobs are called; what comes now may be called otherwise.
        call('ZREM', P .. ':parked', parked)
    end
    local clock = clock_of(lane, class)
    local own = tonumber(call('HGET', clock.key, tenant) or 0)
    ring_set(lane, class, tenant, math.max(clock.now, own))
    return true
end

local function ring_leave(lane, class, tenant, tag)
    local clock, ring = clock_of(lane, class), ring_key(lane, class)
    call('ZREM', ring, tenant)
    call('ZREM', fresh_key(lane, class), tenant)
    clock.top = math.max(clock.top, tag)
    if call('EXISTS', ring) == 0 then
        clock.now = clock.top
    end
    call('HSET', clock.key, tenant, exact(tag), 'now', exact(clock.now), 'top', exact(clock.top))
end

-- The tenant used `ms` more (less, if negative) than it was charged for. Weights act here, so a new
-- weight acts on later charges only. A refund never puts a waiting tenant far behind the others: an
-- estimate that was wrong a thousandfold would give it every slot until it had caught up.
local function tag_adjust(lane, class, tenant, ms)
    if ms == 0 then
        return
    end
    local clock = clock_of(lane, class)
    local delta = ms / conf_of(tenant).weight
    local tag = call('ZSCORE', ring_key(lane, class), tenant)
    if tag then
        tag = tonumber(tag)
        local least = math.min(tag, clock.now - REFUND_LAG_MS)
        ring_set(lane, class, tenant, math.max(tag + delta, least))
        return
    end
    local own = call('HGET', clock.key, tenant)
    if own or delta > 0 then
        call('HSET', clock.key, tenant, exact(tonumber(own or clock.now) + delta))
    end
end

-- The tenant holds a slot of the lane now.
local function fresh_no_more(lane, tenant)
    for _, class in ipairs(CLASSES) do
        call('ZREM', fresh_key(lane, class), tenant)
    end
end

-- It holds none any more.
local function fresh_again(lane, tenant)
    for _, class in ipairs(CLASSES) do
        local tag = call('ZSCORE', ring_key(lane, class), tenant)
        if tag then
            call('ZADD', fresh_key(lane, class), tag, tenant)
        end
    end
end

local function limited(lane)
    return lane ~= 'ctl'
end

local function slots_held(tenant)
    local held = 0
    for _, lane in ipairs(lanes()) do
        if limited(lane) then
            held = held + call('HLEN', live_key(lane, tenant))
        end
    end
    return held
end

local function park(lane, class, tenant, tag, wake_ms)
    ring_leave(lane, class, tenant, tag)
    call('ZADD', P .. ':parked', exact(wake_ms), parked_name(lane, class, tenant))
    due_ring(wake_ms)
end

-- Entries ready in `lane`, counted up to `enough`.
local function waiting(lane, enough)
    local sum = 0
    for _, class in ipairs(CLASSES) do
        for _, tenant in ipairs(call('ZRANGE', ring_key(lane, class), 0, enough - 1)) do
            sum = sum + queue_length(lane, class, tenant)
            if sum >= enough then
                return enough
            end
        end
    end
    return sum
end

-- Wake up to `most` workers, never more than there is work for.
local function bell(lane, most)
    local key = P .. ':bell:' .. lane
    local have = call('LLEN', key)
    local want = math.min(BELL_MAX, have + most)
    if have >= want then
        return
    end
    for _ = have + 1, waiting(lane, want) do
        call('RPUSH', key, '1')
    end
end

-- A slot came free or the limits changed: look at the tenant again wherever it is parked.
local function unpark(tenant)
    local parked = P .. ':parked'
    if not any_blocked() and call('EXISTS', parked) == 0 then
        return
    end
    for _, lane in ipairs(lanes()) do
        for _, class in ipairs(CLASSES) do
            local name = parked_name(lane, class, tenant)
            if any_blocked() and call('HEXISTS', P .. ':blocked', name) == 1 then
                call('HSET', P .. ':blocked', name, '-')
            end
            if call('ZREM', parked, name) == 1 and ring_join(lane, class, tenant) then
                bell(lane, BELL_MAX)
            end
        end
    end
end
