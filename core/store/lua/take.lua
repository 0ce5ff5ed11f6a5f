--!needs names ring entry
-- take(worker, lane, n) -> "tenant class job fence cost_ms kind action"...
--
-- Hands over at most n entries in fair order and puts them into slots; they come back unless they
-- are claimed within 15 s. Empty means that nothing of the lane may start now: the worker blocks on
-- the bell.
--
-- Per pick: the class (strict order, but of eight picks one begins with the lowest and one with the
-- middle, so that none starves), then the tenant: one without a slot first, else the lowest start
-- tag; then one quantum of it. A tenant alone in the lane needs no quanta and gets all free slots.
local worker, lane, free = ARGV[3], ARGV[4], tonumber(ARGV[5])
local PICKS_MAX = 256 -- bounds the script when it meets many dead entries
local busy = call('SCARD', P .. ':busy:' .. lane)
local turn = tonumber(call('HGET', P .. ':turn', lane) or 0)
local taken = {}

local function others_wait(tenant)
    for _, class in ipairs(CLASSES) do
        local ring = ring_key(lane, class)
        local count = call('ZCARD', ring)
        if count > 1 or (count == 1 and not call('ZSCORE', ring, tenant)) then
            return true
        end
    end
    return false
end

-- Slots the tenant may add before it holds more than three quarters (rounded up) of those in use:
-- the greatest k with held + k <= ceil(3 (busy + k) / 4). Above the limit at most one tenant can be.
local function share_room(tenant)
    return 3 * busy - 4 * call('HLEN', live_key(lane, tenant)) + 3
end

local function pick_in(class)
    local fresh = call('ZRANGE', fresh_key(lane, class), 0, 0, 'WITHSCORES')
    local first = call('ZRANGE', ring_key(lane, class), 0, 1, 'WITHSCORES')
    if not first[1] then
        return nil
    end
    local in_turn = { class = class, tenant = first[1], tag = tonumber(first[2]), in_turn = true }
    if fresh[1] and fresh[1] ~= first[1] then
        return { class = class, tenant = fresh[1], tag = tonumber(fresh[2]), fresh = true }
    end
    in_turn.fresh = fresh[1] ~= nil
    if share_room(in_turn.tenant) >= 1 then
        return in_turn
    end
    if not first[3] then
        in_turn.over_share = true
        return in_turn
    end
    -- The greedy one waits as if it were absent, so it starts level with the one that is served.
    ring_set(lane, class, first[1], tonumber(first[4]))
    return { class = class, tenant = first[3], tag = tonumber(first[4]), in_turn = true }
end

local AGEING = { [3] = { 'normal', 'interactive', 'bulk' }, [7] = { 'bulk', 'normal', 'interactive' } }

local function pick()
    local last
    for _, class in ipairs(AGEING[turn % 8] or CLASSES) do
        local p = pick_in(class)
        if p and (not p.over_share or not others_wait(p.tenant)) then
            return p
        end
        last = p or last
    end
    return last
end

local function rate_state(tenant, rate)
    local interval = 1000 / rate
    local burst = math.max(1, math.floor(rate))
    local due = math.max(now, tonumber(call('HGET', P .. ':rate', tenant) or 0))
    return {
        due = due, interval = interval,
        -- A little over: floor(2.9999999) is not meant.
        room = math.floor((now + burst * interval - due) / interval + 1e-9),
        wake = due - (burst - 1) * interval,
    }
end

-- How many entries limits allow now; 0 after parking the tenant.
local function room_of(p, room, others)
    local c = conf_of(p.tenant)
    if c.paused then
        ring_leave(lane, p.class, p.tenant, p.tag)
        return 0
    end
    if limited(lane) and c.limit > 0 then
        room = math.min(room, c.limit - slots_held(p.tenant))
        if room <= 0 then
            park(lane, p.class, p.tenant, p.tag, now + PARK_MS)
            return 0
        end
    end
    if limited(lane) and c.rate > 0 then
        p.rate = rate_state(p.tenant, c.rate)
        room = math.min(room, p.rate.room)
        if room <= 0 then
            park(lane, p.class, p.tenant, p.tag, math.ceil(p.rate.wake))
            return 0
        end
    end
    if others then
        room = p.fresh and 1 or math.min(room, math.max(1, share_room(p.tenant)))
    end
    return math.min(room, QUANTUM_ENTRIES)
end

local costs = {}
local function cost_of(tenant, action, estimate)
    if action == '-' then
        return math.max(1, estimate)
    end
    local name = tenant .. ' ' .. action
    if not costs[name] then
        costs[name] = math.max(1, tonumber(call('HGET', P .. ':cost', name) or estimate))
    end
    return costs[name]
end

local function entry_of(p, text)
    local job, fence, cost, kind, action =
        string.match(text, '^(%S+) (%d+) (%d+) (%S+) (%S+)$')
    return {
        lane = lane, class = p.class, tenant = p.tenant, job = job, fence = tonumber(fence),
        cost = tonumber(cost), kind = kind, action = action, text = text,
    }
end

local function hand_over(e, charge)
    slot_take(e, charge, worker)
    busy = busy + 1
    call('HSET', IDX, e.job, 't' .. e.fence)
    call('ZADD', P .. ':taken', exact(now + TAKEN_MS),
        lane .. ' ' .. e.tenant .. ' ' .. e.job .. ' ' .. e.fence)
    taken[#taken + 1] = e.tenant .. ' ' .. e.class .. ' ' .. e.text
end

-- Take up to `room` entries or a quantum's worth from the head. Returns what was charged, how many
-- were handed over, and how many entries are left.
local function drain(p, room, budget)
    local key = queue_key(lane, p.class, p.tenant)
    local count = 1
    if room > 1 then
        local head = budget and call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
        local e = head and entry_of(p, head[2][2])
        count = e and math.ceil(budget / cost_of(p.tenant, e.action, e.cost)) or room
        count = math.min(count, room)
    end
    local ids, entries, jobs = {}, {}, {}
    for i, item in ipairs(call('XRANGE', key, '-', '+', 'COUNT', count)) do
        ids[i] = item[1]
        entries[i] = entry_of(p, item[2][2])
        jobs[i] = entries[i].job
    end
    if #ids == 0 then
        return 0, 0, 0
    end
    local charged, handed, gone = 0, 0, 0
    for i, known in ipairs(call('HMGET', IDX, unpack(jobs))) do
        if budget and charged >= budget then
            break
        end
        gone = i
        if known == 'q' .. entries[i].fence then
            local charge = cost_of(p.tenant, entries[i].action, entries[i].cost)
            hand_over(entries[i], charge)
            charged, handed = charged + charge, handed + 1
        end
    end
    call('XDEL', key, unpack(ids, 1, gone))
    local left = call('XLEN', key)
    if left == 0 then
        call('DEL', key)
    end
    return charged, handed, left
end

local function serve(p)
    local others = others_wait(p.tenant)
    local room = room_of(p, free - #taken, others)
    if room <= 0 then
        return
    end
    local charged, handed, left = drain(p, room, others and QUANTUM_MS or nil)
    if handed > 0 then
        turn = turn + 1
        if p.in_turn then
            local clock = clock_key(lane, p.class)
            local virtual_now = tonumber(call('HGET', clock, 'now') or 0)
            call('HSET', clock, 'now', exact(math.max(virtual_now, p.tag)))
        end
        if p.rate then
            call('HSET', P .. ':rate', p.tenant, exact(p.rate.due + handed * p.rate.interval))
        end
    end
    local tag = p.tag + charged / conf_of(p.tenant).weight
    if left == 0 then
        ring_leave(lane, p.class, p.tenant, tag)
    elseif handed > 0 then
        ring_set(lane, p.class, p.tenant, tag)
    end
    if left < IDS_LOW then
        local over = over_read(lane, p.class, p.tenant)
        if over then
            refill_ring(lane, p.class, p.tenant, over)
        end
    end
end

local picks = 0
while #taken < free and picks < PICKS_MAX do
    local p = pick()
    if not p then
        break
    end
    serve(p)
    picks = picks + 1
end
if #taken > 0 then
    call('HSET', P .. ':turn', lane, turn % 8)
end
if waiting(lane, 1) > 0 then
    bell(lane, 1)
else
    call('DEL', P .. ':bell:' .. lane)
end
return taken
