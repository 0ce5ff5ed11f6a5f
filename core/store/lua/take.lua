--!needs names ring entry named
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
local BLOCKED_PAGE = 250 -- entries looked at in one go behind those at a limit of their name
local AGEING = { [3] = { 'normal', 'interactive', 'bulk' }, [7] = { 'bulk', 'normal', 'interactive' } }

local busy -- slots held in the lane; counted when somebody asks
local turn = tonumber(call('HGET', P .. ':turn', lane) or 0)
local handed_over = {}                 -- the answer
local deadlines = {}                   -- written at the end, in one call
local tenants_in, overflowed = {}, {}  -- by class: tenants in the ring, is any over
for _, class in ipairs(CLASSES) do
    tenants_in[class] = call('ZCARD', ring_key(lane, class))
    overflowed[class] = tenants_in[class] > 0 and
        call('EXISTS', P .. ':over:' .. lane .. ':' .. class) == 1
end

local function others_wait(tenant)
    for _, class in ipairs(CLASSES) do
        local count = tenants_in[class]
        if count > 1 or (count == 1 and not call('ZSCORE', ring_key(lane, class), tenant)) then
            return true
        end
    end
    return false
end

-- Slots the tenant may add before it holds more than three quarters (rounded up) of those in use:
-- the greatest k with held + k <= ceil(3 (busy + k) / 4). Above the limit at most one tenant can be.
local function share_room(tenant)
    if not busy then
        busy = 0
        for _, held in ipairs(call('HVALS', P .. ':busy:' .. lane)) do
            busy = busy + held
        end
    end
    return 3 * busy - 4 * call('HLEN', live_key(lane, tenant)) + 3
end

local function pick_in(class)
    if tenants_in[class] == 0 then
        return nil
    end
    local fresh = call('ZRANGE', fresh_key(lane, class), 0, 0, 'WITHSCORES')
    local first = call('ZRANGE', ring_key(lane, class), 0, 1, 'WITHSCORES')
    if fresh[1] then
        return {
            class = class, tenant = fresh[1], tag = tonumber(fresh[2]), fresh = true,
            in_turn = fresh[1] == first[1],
        }
    end
    local in_turn = { class = class, tenant = first[1], tag = tonumber(first[2]), in_turn = true }
    if share_room(first[1]) >= 1 then
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

-- How many entries limits allow now; 0 after taking the tenant out of the ring.
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
    local name = tenant .. ' ' .. string.match(action, '^[^#]+')
    if not costs[name] then
        costs[name] = math.max(1, tonumber(call('HGET', P .. ':cost', name) or estimate))
    end
    return costs[name]
end

local function entry_of(p, text)
    local job, fence, cost, kind, action =
        string.match(text, '^([^ ]+) (%d+) (%d+) ([^ ]+) ([^ ]+)$')
    return {
        class = p.class, job = job, fence = tonumber(fence), cost = tonumber(cost), kind = kind,
        action = action, text = text, charge = cost_of(p.tenant, action, tonumber(cost)),
    }
end

local function hand_over(p, entries)
    local slots, deadline = {}, exact(now + TAKEN_MS)
    for i, e in ipairs(entries) do
        e.state, e.charged, e.worker = 't', e.charge, worker
        slots[2 * i - 1] = e.job
        slots[2 * i] = slot_text(e)
        deadlines[#deadlines + 1] = deadline
        deadlines[#deadlines + 1] = taken_name(lane, p.tenant, e.job, e.fence)
        handed_over[#handed_over + 1] = p.tenant .. ' ' .. p.class .. ' ' .. e.text
    end
    call('HSET', live_key(lane, p.tenant), unpack(slots))
    call('HSET', P .. ':busy:' .. lane, p.tenant, call('HLEN', live_key(lane, p.tenant)))
    if p.fresh then
        fresh_no_more(lane, p.tenant)
    end
    busy = busy and busy + #entries
end

-- What is known to be at a limit of its name: up to which id, and until when; nil: nothing is.
local any_blocked = call('EXISTS', P .. ':blocked') == 1
local function blocked_of(p)
    local text = any_blocked and
        call('HGET', P .. ':blocked', parked_name(lane, p.class, p.tenant))
    if text then
        local id, wake = string.match(text, '^(%S+) (%S+)$')
        return id, tonumber(wake)
    end
end

-- Some entries of the stream, each with what becomes of it: gone (it was dead), start or blocked.
local function judge(p, items, most, budget, found)
    local entries, jobs = {}, {}
    for i, item in ipairs(items) do
        entries[i] = entry_of(p, item[2][2])
        jobs[i] = entries[i].job
    end
    for i, known in ipairs(#jobs > 0 and call('HMGET', IDX, unpack(jobs)) or {}) do
        local e, id = entries[i], items[i][1]
        if #found.gone >= most or (budget and found.sum >= budget) then
            return true
        end
        local dead = known ~= 'q' .. e.fence
        local may, wake = true, nil
        if not dead and limited(lane) then
            may, wake = named_admit(p.tenant, e.job, e.action)
        end
        if may then
            found.gone[#found.gone + 1] = id
            found.sum = found.sum + e.charge
        else
            found.blocked = true
            found.wake = wake and math.min(wake, found.wake or wake) or found.wake
        end
        if may and not dead then
            found.alive[#found.alive + 1] = e
            found.charged = found.charged + e.charge
        end
        found.last = id
    end
    return false
end

-- Hand over up to `room` entries from the head, or a quantum's worth. found.left: how many are left,
-- 1 for at least one.
local function drain(p, room, budget)
    local key = queue_key(lane, p.class, p.tenant)
    local most = budget and math.min(room, QUANTUM_MS) or room -- an entry costs at least 1
    local found = { gone = {}, alive = {}, sum = 0, charged = 0, left = 0 }
    local skipped, wake = blocked_of(p)
    local from, count, full, items = skipped and '(' .. skipped or '-', most + 1, false, nil
    if wake and wake > 0 then
        found.wake = wake
    end
    repeat
        items = call('XRANGE', key, from, '+', 'COUNT', count)
        full = judge(p, items, most, budget, found)
        from, count = '(' .. (found.last or '+'), BLOCKED_PAGE
        found.all = not full and (#items < most + 1 or #items == 0)
    until full or #items == 0 or not found.blocked
    skipped = skipped or found.blocked
    if found.all and not skipped then
        call('DEL', key)
    else
        if #found.gone > 0 then
            call('XDEL', key, unpack(found.gone))
        end
        found.left = (overflowed[p.class] or skipped) and call('XLEN', key) or 1
    end
    if found.blocked then
        any_blocked = true
        call('HSET', P .. ':blocked', parked_name(lane, p.class, p.tenant),
            found.last .. ' ' .. exact(math.ceil(found.wake or 0)))
    end
    found.stuck = skipped and #found.alive == 0 and found.left > 0 and not full
    if #found.alive > 0 then
        hand_over(p, found.alive)
    end
    return found
end

local function serve(p)
    local others = others_wait(p.tenant)
    local room = room_of(p, free - #handed_over, others)
    if room <= 0 then
        tenants_in[p.class] = tenants_in[p.class] - 1
        return
    end
    local found = drain(p, room, others and QUANTUM_MS or nil)
    local handed, left = #found.alive, found.left
    local clock = clock_of(lane, p.class)
    if handed > 0 then
        turn = turn + 1
        if p.in_turn and p.tag > clock.now then
            clock.now = p.tag
            call('HSET', clock.key, 'now', exact(clock.now))
        end
        if p.rate then
            call('HSET', P .. ':rate', p.tenant, exact(p.rate.due + handed * p.rate.interval))
        end
    end
    local tag = p.tag + found.charged / conf_of(p.tenant).weight
    if found.stuck then
        park(lane, p.class, p.tenant, tag, math.ceil(found.wake or now + PARK_MS))
        tenants_in[p.class] = tenants_in[p.class] - 1
    elseif left == 0 then
        ring_leave(lane, p.class, p.tenant, tag)
        tenants_in[p.class] = tenants_in[p.class] - 1
    elseif handed > 0 then
        ring_set(lane, p.class, p.tenant, tag)
    end
    if overflowed[p.class] and left < IDS_LOW then
        local over = over_read(lane, p.class, p.tenant)
        if over then
            refill_ring(lane, p.class, p.tenant, over)
        end
    end
end

local picks = 0
while #handed_over < free and picks < PICKS_MAX do
    local p = pick()
    if not p then
        break
    end
    serve(p)
    picks = picks + 1
end
if #handed_over > 0 then
    call('ZADD', P .. ':taken', unpack(deadlines))
    call('HSET', P .. ':turn', lane, turn % 8)
end
if waiting(lane, 1) > 0 then
    bell(lane, 1)
else
    call('DEL', P .. ':bell:' .. lane)
end
return handed_over
