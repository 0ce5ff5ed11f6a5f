--!needs names ring turn held entry named aside
-- take(worker, lane, n) -> "tenant class job fence cost_ms kind action since_ms"...
--
-- Hands over at most n entries in fair order and puts them into slots; they come back unless they
-- are claimed within 15 s. Empty means that nothing of the lane may start now: the worker blocks on
-- the bell.
--
-- Per pick: the class and the tenant whose turn it is (part_turn.lua); then one quantum of it. A tenant alone in
-- the lane needs no quanta and gets all free slots.
local worker, lane, free = ARGV[3], ARGV[4], tonumber(ARGV[5])
local PICKS_MAX = 256 -- bounds the script when it meets many dead entries
local PAGE = 250 -- entries looked at in one go behind those at a limit of their name

local busy -- slots held in the lane; counted when somebody asks
local turn = turn_read(lane)
local handed_over = {}                 -- the answer
local deadline = exact(now + TAKEN_MS) -- of what is handed over
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

local function share_room(tenant)
    busy = busy or lane_busy(lane)
    return share_left(lane, tenant, busy)
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
    for _, class in ipairs(classes_in_turn(turn)) do
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

-- What a start of it is charged. An action is matched once and known by its word after that.
local costs = {}
local function cost_of(tenant, action, estimate)
    if action == '-' then
        return math.max(1, tonumber(estimate))
    end
    local known = costs[tenant]
    if not known then
        known = {}
        costs[tenant] = known
    end
    if not known[action] then
        local learnt = call('HGET', P .. ':cost', tenant .. ' ' .. string.match(action, '^[^#]+'))
        known[action] = math.max(1, tonumber(learnt or estimate))
    end
    return known[action]
end

-- found.slots: job, text of its slot, and so on (HSET's words).
local function hand_over(p, found)
    local live = live_key(lane, p.tenant)
    call('HSET', live, unpack(found.slots))
    call('HSET', P .. ':busy:' .. lane, p.tenant, call('HLEN', live))
    call('ZADD', P .. ':taken', 'NX', deadline, lane .. ' ' .. p.tenant)
    if p.fresh then
        fresh_no_more(lane, p.tenant)
    end
    busy = busy and busy + found.alive
end

-- Some entries, each with what becomes of it: gone (it was dead), start, or blocked, which is kept. Returns how
-- many were looked at, and whether no more may start.
local function judge(p, texts, kept, found)
    local jobs, is_limited = {}, limited(lane)
    local head, tail = p.tenant .. ' ' .. p.class .. ' ', ' ' .. worker .. ' ' .. deadline
    for i, text in ipairs(texts) do
        jobs[i] = string.match(text, '^[^ ]+')
    end
    local known = call('HMGET', IDX, unpack(jobs))
    for i, text in ipairs(texts) do
        if found.gone >= found.most or (found.budget and found.sum >= found.budget) then
            return i - 1, true
        end
        local job = jobs[i]
        local fence, rest, cost, action =
            string.match(text, '^(%d+) ((%d+) [^ ]+ ([^ ]+)) ', #job + 2)
        local alive, may, wake, name = known[i] == 'q' .. fence, true, nil, nil
        if alive and is_limited then
            may, wake, name = named_admit(p.tenant, job, action)
        end
        if not may then
            kept[#kept + 1] = { text = text, job = job, name = name }
            found.wake = wake and math.min(wake, found.wake or wake) or found.wake
        else
            local charge = cost_of(p.tenant, action, cost)
            found.gone, found.sum = found.gone + 1, found.sum + charge
            if alive then
                local middle = found.middles[charge]
                if not middle then
                    middle = ' t ' .. p.class .. ' ' .. exact(charge) .. ' '
                    found.middles[charge] = middle
                end
                found.alive, found.charged = found.alive + 1, found.charged + charge
                found.slots[2 * found.alive - 1] = job
                found.slots[2 * found.alive] = fence .. middle .. rest .. tail -- as slot_text
                handed_over[#handed_over + 1] = head .. text
            end
        end
    end
    return #texts, false
end

-- What was set aside goes first. True if all of it was looked at and nothing of it may start now.
local function drain_aside(p, found)
    local key, name = aside_key(lane, p.class, p.tenant), parked_name(lane, p.class, p.tenant)
    local wake = tonumber(call('HGET', P .. ':blocked', name) or '-')
    if wake and (wake == 0 or wake > now) then -- not, if its moment has come while others of the queue went on
        found.wake = wake > 0 and wake or nil
        return true
    end
    found.looked = true
    local kept, full, texts, looked = {}, false, nil, nil
    repeat
        texts = of_list({}, 'LRANGE', key, 0, PAGE - 1)
        looked, full = 0, false
        if #texts > 0 then
            looked, full = judge(p, texts, kept, found)
            call('LTRIM', key, looked, -1)
        end
    until full or #texts == 0
    local back = {}
    for i = #kept, 1, -1 do
        back[#back + 1] = kept[i].text
    end
    if #back > 0 then
        call('LPUSH', key, unpack(back))
    end
    return not full
end

-- After the looking: how much there still is, and until when what is set aside need not be looked at.
local function see_what_is_left(p, found)
    local queued = of_list(0, 'LLEN', queue_key(lane, p.class, p.tenant))
    local set_aside = any_blocked() and of_list(0, 'LLEN', aside_key(lane, p.class, p.tenant)) or 0
    if any_held() and (found.looked or set_aside == 0) then
        local token = aside_want(lane, p.class, p.tenant, queued)
        found.wake = token and math.min(token, found.wake or token) or found.wake
    end
    if any_blocked() then
        local name = parked_name(lane, p.class, p.tenant)
        if set_aside == 0 then
            call('HDEL', P .. ':blocked', name)
        else
            call('HSET', P .. ':blocked', name, found.aside_done and exact(math.ceil(found.wake or 0)) or '-')
        end
    end
    found.left = queued + set_aside
    found.stuck = found.alive == 0 and queued == 0 and set_aside > 0 and found.aside_done
end

-- Hand over up to `room` entries from the head, or a quantum's worth.
local function drain(p, room, budget)
    local key = queue_key(lane, p.class, p.tenant)
    local found = {
        most = budget and math.min(room, QUANTUM_MS) or room, -- an entry costs at least 1
        budget = budget, gone = 0, alive = 0, sum = 0, charged = 0, slots = {}, middles = {}, left = 0,
    }
    local kept, texts, looked = {}, nil, nil
    local aside_done = not any_blocked() or drain_aside(p, found)
    local full = not aside_done
    local count = found.most - found.gone + 1
    while not full do
        texts = of_list({}, 'LRANGE', key, 0, count - 1)
        if #texts == 0 then
            break
        end
        local before = #kept
        looked, full = judge(p, texts, kept, found)
        call('LTRIM', key, looked, -1)
        if #kept == before then
            break
        end
        count = PAGE
    end
    if #kept > 0 then
        aside_keep(lane, p.class, p.tenant, kept)
        blocked_exists = true
    end
    found.aside_done, found.looked = aside_done, found.looked or #kept > 0
    see_what_is_left(p, found)
    if found.alive > 0 then
        hand_over(p, found)
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
    local handed, left = found.alive, found.left
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
    call('HSET', P .. ':turn', lane, turn % 8)
end
if waiting(lane, 1) > 0 then
    bell(lane, 1)
else
    call('DEL', P .. ':bell:' .. lane)
end
return handed_over
