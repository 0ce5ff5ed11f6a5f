-- part_named.lua - limits of what a job is called, inside its tenant.
--
--   limits:<tenant>  name -> "slots rate paused"; slots and rate 0 = none
--
-- A run counts under s:<skill>, and under each name that stands behind a # in its action word
-- ("clean.old#k:3f2a…"): k:<hash> is a concurrency key, whose limit is one. How many hold a slot is
-- read from the live hashes once a script: a set, never a counter.
--
-- What may not start is set aside when `take` meets it (part_aside.lua): the aside list comes before the queue, both in
-- order, so what is stepped over is still first when it may start. `blocked` (part_ring.lua) spares looking at it again
-- until a slot of the tenant comes free or a limit changes (unpark).

local KEY_LIMIT = { slots = 1, rate = 0, paused = false }

local limits_known, held_known = {}, {}

-- The tenant's own limits by name.
local function named_limits(tenant)
    local limits = limits_known[tenant]
    if not limits then
        limits = {}
        local all = call('HGETALL', P .. ':limits:' .. tenant)
        for i = 1, #all, 2 do
            local slots, rate, paused = string.match(all[i + 1], '^(%d+) (%S+) (%d)$')
            limits[all[i]] = {
                slots = tonumber(slots), rate = tonumber(rate), paused = paused == '1',
            }
        end
        limits_known[tenant] = limits
    end
    return limits
end

local function limit_of_name(tenant, name)
    return named_limits(tenant)[name] or (string.sub(name, 1, 2) == 'k:' and KEY_LIMIT) or nil
end

-- name -> jobs that hold a slot under it.
local function named_held(tenant)
    local held = held_known[tenant]
    if not held then
        held = {}
        for _, lane in ipairs(lanes()) do
            local live = limited(lane) and call('HGETALL', live_key(lane, tenant)) or {}
            for i = 1, #live, 2 do
                local s = slot_parse(live[i + 1], lane, tenant, live[i])
                for _, name in ipairs(names_of(s.action)) do
                    held[name] = held[name] or {}
                    table.insert(held[name], live[i])
                end
            end
        end
        held_known[tenant] = held
    end
    return held
end

-- Tokens of a bucket: `field` is the tenant, or the tenant and a name.
local function rate_state(field, rate)
    local interval = 1000 / rate
    local burst = math.max(1, math.floor(rate))
    local due = math.max(now, tonumber(call('HGET', P .. ':rate', field) or 0))
    return {
        due = due, interval = interval,
        -- A little over: floor(2.9999999) is not meant.
        room = math.floor((now + burst * interval - due) / interval + 1e-9),
        wake = due - (burst - 1) * interval,
    }
end

-- Does the name stop what is called so? If it does, also when a token will be there, nil if a slot or a person has to come
-- first; if not, nil and the bucket that a start takes one from.
local function name_blocked(tenant, name)
    local limit = limit_of_name(tenant, name)
    if not limit then
        return false
    end
    if limit.paused then
        return true
    end
    local held = limit.slots > 0 and named_held(tenant)[name]
    if held and #held >= limit.slots then
        return true
    end
    if limit.rate == 0 then
        return false
    end
    local bucket = rate_state(tenant .. ' ' .. name, limit.rate)
    if bucket.room < 1 then
        return true, bucket.wake
    end
    return false, nil, bucket
end

-- The first of an action's names that stops it.
local function named_blocker(tenant, action)
    for _, name in ipairs(names_of(action)) do
        if name_blocked(tenant, name) then
            return name
        end
    end
end

-- May this entry start, as far as its names go? If it may, it is counted. Else also when a token will
-- be there, nil if a slot or a person has to come first, and which name it is.
local function named_admit(tenant, job, action)
    if next(named_limits(tenant)) == nil and not string.find(action, '#', 1, true) then
        return true
    end
    local buckets = {}
    local names = names_of(action)
    for _, name in ipairs(names) do
        local blocked, wake, bucket = name_blocked(tenant, name)
        if blocked then
            return false, wake, name
        end
        if bucket then
            buckets[#buckets + 1] = tenant .. ' ' .. name
            buckets[#buckets + 1] = exact(bucket.due + bucket.interval)
        end
    end
    if #buckets > 0 then
        call('HSET', P .. ':rate', unpack(buckets))
    end
    local held = #names > 0 and held_known[tenant]
    for _, name in ipairs(held and names or {}) do
        held[name] = held[name] or {}
        table.insert(held[name], job)
    end
    return true
end
