--!needs names ring held entry
-- depth(most) -> JSON: {now_ms, due, parked, lanes: {lane: {busy, held: {tenant: slots}, bell,
-- classes: {class: {tenants, entries, over, since_ms}}}}, queues: [{tenant, lane, class, entries, since_ms, held,
-- parked}]}. since_ms: when the oldest entry became ready; of a class, of those that no limit holds back. entries and
-- since_ms look at the first 1,000 tenants of a class, queues lists those `most` of them that have waited longest, held
-- the HOLDERS with the most slots.
local most = tonumber(ARGV[3] or '0') or 0
local LOOK = 1000
local HOLDERS = 32
local queues = {}
local answer = {
    now_ms = now, due = call('ZCARD', P .. ':due'),
    parked = call('ZCARD', P .. ':parked'), lanes = {},
}

-- Tenants with something in the queue: in the ring, or parked at a limit.
local waiting_tenants = {}
local function note(lane, class, tenant, is_parked)
    local name = lane .. ' ' .. class
    local list = waiting_tenants[name] or {}
    waiting_tenants[name] = list
    if #list < LOOK then
        list[#list + 1] = { tenant, is_parked }
    end
end

for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        for _, tenant in ipairs(call('ZRANGE', ring_key(lane, class), 0, LOOK - 1)) do
            note(lane, class, tenant, false)
        end
    end
end
for _, text in ipairs(call('ZRANGE', P .. ':parked', 0, LOOK - 1)) do
    local lane, class, tenant = string.match(text, '^(%S+) (%S+) (%S+)$')
    note(lane, class, tenant, true)
end

local function class_of(lane, class)
    local sum = {
        tenants = 0, entries = 0, over = call('HLEN', P .. ':over:' .. lane .. ':' .. class),
    }
    for _, w in ipairs(waiting_tenants[lane .. ' ' .. class] or {}) do
        local tenant, is_parked = unpack(w)
        local q = {
            tenant = tenant, lane = lane, class = class, parked = is_parked,
            entries = queue_length(lane, class, tenant),
            since_ms = queue_since(lane, class, tenant, true),
            held = call('HLEN', live_key(lane, tenant)),
        }
        sum.tenants, sum.entries = sum.tenants + 1, sum.entries + q.entries
        local since = not is_parked and queue_since(lane, class, tenant)
        if since then
            sum.since_ms = math.min(sum.since_ms or since, since)
        end
        queues[#queues + 1] = q
    end
    return sum
end

-- How many slots are held, and by whom.
local function holders_of(lane)
    local busy, list, most = 0, {}, {}
    local flat = call('HGETALL', P .. ':busy:' .. lane)
    for i = 1, #flat, 2 do
        local held = tonumber(flat[i + 1])
        busy = busy + held
        list[#list + 1] = { tenant = flat[i], held = held }
    end
    table.sort(list, function(a, b)
        return a.held > b.held or a.held == b.held and a.tenant < b.tenant
    end)
    for i = 1, math.min(#list, HOLDERS) do
        most[list[i].tenant] = list[i].held
    end
    return busy, next(most) and most
end

for _, lane in ipairs(lanes()) do
    local classes = {}
    for _, class in ipairs(CLASSES) do
        classes[class] = class_of(lane, class)
    end
    local busy, held = holders_of(lane)
    answer.lanes[lane] = {
        busy = busy, held = held, bell = call('LLEN', P .. ':bell:' .. lane), classes = classes,
    }
end
if next(answer.lanes) == nil then
    answer.lanes = nil
end
table.sort(queues, function(a, b)
    return (a.since_ms or now) < (b.since_ms or now)
end)
for i = most + 1, #queues do
    queues[i] = nil
end
answer.queues = #queues > 0 and queues or nil
return cjson.encode(answer)
