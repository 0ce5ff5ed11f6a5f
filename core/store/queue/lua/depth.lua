--!needs names ring entry
-- depth(most) -> JSON: {now_ms, due, parked, lanes: {lane: {busy, bell, classes: {class:
-- {tenants, entries, over, since_ms}}}}, queues: [{tenant, lane, class, entries, since_ms, held,
-- parked}]}. since_ms: when the oldest entry became ready; of a class, of those that no limit holds back. entries and since_ms look at the first 1,000
-- tenants of a class, queues lists those `most` of them that have waited longest.
local most = tonumber(ARGV[3] or '0') or 0
local LOOK = 1000
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

for _, lane in ipairs(lanes()) do
    local classes = {}
    for _, class in ipairs(CLASSES) do
        classes[class] = class_of(lane, class)
    end
    local busy = 0
    for _, held in ipairs(call('HVALS', P .. ':busy:' .. lane)) do
        busy = busy + held
    end
    answer.lanes[lane] = {
        busy = busy, bell = call('LLEN', P .. ':bell:' .. lane), classes = classes,
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
