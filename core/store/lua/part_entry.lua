-- part_entry.lua - entries: into a queue, into a slot, out of it.
--
--   idx                   job -> state letter and fence: d due later, q queued or taken, l live
--   q:<lane>:<class>:<t>  stream of "job fence cost kind action"
--   live:<lane>:<tenant>  job -> "fence state class charged cost kind action worker"; state t taken, l
--                         claimed. These are the slots the tenant holds.
--   busy:<lane>           tenant -> how many that are; always written as the size of its live hash,
--                         never counted up or down
--   taken                 "lane tenant job fence", by deadline
--   over:<lane>:<class>   tenant -> "mark fulls rung"; see refill
--
-- A stream entry whose idx says anything but its own q<fence> is dead and falls out when it is met,
-- so nothing is ever searched for in a stream. A slot is a member, never a count: freeing it twice
-- or freeing what was never held changes nothing.

local IDX = P .. ':idx'

local function entry_parse(text)
    local lane, class, tenant, job, fence, cost, kind, action =
        string.match(text, '^([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) (%d+) (%d+) ([^ ]+) ([^ ]+)$')
    return {
        lane = lane, class = class, tenant = tenant, job = job, fence = tonumber(fence),
        cost = tonumber(cost), kind = kind, action = action,
    }
end

-- ARGV from `first` on, one entry each.
local function entries_from(first)
    local entries = {}
    for i = first, #ARGV do
        entries[#entries + 1] = entry_parse(ARGV[i])
    end
    return entries
end

local function known_parse(known)
    if known then
        return string.sub(known, 1, 1), tonumber(string.sub(known, 2))
    end
end

local function slot_text(s)
    return s.fence .. ' ' .. s.state .. ' ' .. s.class .. ' ' .. exact(s.charged) .. ' ' .. s.cost ..
        ' ' .. s.kind .. ' ' .. s.action .. ' ' .. s.worker
end

-- What holds the slot, or nil.
local function slot_parse(text, lane, tenant, job)
    if not text then
        return nil
    end
    local held, state, class, charged, cost, kind, action, worker = string.match(text,
        '^(%d+) (%a) ([^ ]+) ([^ ]+) (%d+) ([^ ]+) ([^ ]+) ([^ ]+)$')
    return {
        lane = lane, class = class, tenant = tenant, job = job, fence = tonumber(held), state = state,
        charged = tonumber(charged), cost = tonumber(cost), kind = kind, action = action,
        worker = worker,
    }
end

local function slot_read(lane, tenant, job)
    return slot_parse(call('HGET', live_key(lane, tenant), job), lane, tenant, job)
end

local function taken_name(lane, tenant, job, fence)
    return lane .. ' ' .. tenant .. ' ' .. job .. ' ' .. fence
end

-- The tenant's slots of the lane have changed.
local function slots_changed(lane, tenant)
    local held = call('HLEN', live_key(lane, tenant))
    if held == 0 then
        call('HDEL', P .. ':busy:' .. lane, tenant)
        fresh_again(lane, tenant)
    else
        call('HSET', P .. ':busy:' .. lane, tenant, held)
        fresh_no_more(lane, tenant)
    end
end

local function slot_take(s)
    call('HSET', live_key(s.lane, s.tenant), s.job, slot_text(s))
    slots_changed(s.lane, s.tenant)
end

-- Free slots, as slot_parse gave them, of one tenant and lane.
local function slots_free(lane, tenant, slots)
    local jobs, taken = {}, {}
    for i, s in ipairs(slots) do
        jobs[i] = s.job
        if s.state == 't' then
            taken[#taken + 1] = taken_name(lane, tenant, s.job, s.fence)
        end
    end
    call('HDEL', live_key(lane, tenant), unpack(jobs))
    if #taken > 0 then
        call('ZREM', P .. ':taken', unpack(taken))
    end
    slots_changed(lane, tenant)
end

-- "lane tenant job fence word"... of ARGV from 3 on, grouped by lane and tenant, in which order does
-- not matter. A message is {job, fence, word, at}; `at` is its place among the answers.
local function slot_messages()
    local groups = {}
    for i = 3, #ARGV do
        local lane, tenant, job, fence, word =
            string.match(ARGV[i], '^([^ ]+) ([^ ]+) ([^ ]+) (%d+) ([^ ]+)$')
        local name = lane .. ' ' .. tenant
        local g = groups[name]
        if not g then
            g = { lane = lane, tenant = tenant, jobs = {} }
            groups[name] = g
            groups[#groups + 1] = g
        end
        g[#g + 1] = { job = job, fence = tonumber(fence), word = word, at = i - 2 }
        g.jobs[#g] = job
    end
    return groups
end

-- The slots the messages of a group name, nil where none is held; and what idx says of the jobs. A
-- slot that is named twice is found once.
local function slots_of(group)
    local seen, slots = {}, {}
    local texts = call('HMGET', live_key(group.lane, group.tenant), unpack(group.jobs))
    for i, m in ipairs(group) do
        if not seen[m.job] then
            slots[i] = slot_parse(texts[i], group.lane, group.tenant, m.job)
            seen[m.job] = slots[i] ~= nil
        end
    end
    return slots, call('HMGET', IDX, unpack(group.jobs))
end

-- A higher fence is the proof that the older one runs nowhere.
local function supersede(lane, tenant, job)
    local s = slot_read(lane, tenant, job)
    if s then
        slots_free(lane, tenant, { s })
        unpark(tenant)
    end
end

local function over_read(lane, class, tenant)
    local text = call('HGET', P .. ':over:' .. lane .. ':' .. class, tenant)
    if not text then
        return nil
    end
    local mark, fulls, rung = string.match(text, '^([^ ]+) (%d+) (%d)$')
    return { mark = mark, fulls = tonumber(fulls), rung = rung == '1' }
end

local function over_write(lane, class, tenant, over)
    call('HSET', P .. ':over:' .. lane .. ':' .. class, tenant,
        over.mark .. ' ' .. over.fulls .. ' ' .. (over.rung and 1 or 0))
end

-- Ask the scheduler for more, once.
local function refill_ring(lane, class, tenant, over)
    if not over.rung then
        over.rung = true
        over_write(lane, class, tenant, over)
        call('RPUSH', P .. ':bell:refill', lane .. ' ' .. class .. ' ' .. tenant)
    end
end

-- Since when the oldest entry of a queue has been ready, ms; nil: it is empty. While the tenant has
-- more in PostgreSQL the entry came from there, and was accepted when its id says.
local function queue_since(lane, class, tenant)
    local first = call('XRANGE', queue_key(lane, class, tenant), '-', '+', 'COUNT', 1)[1]
    if not first then
        return nil
    end
    local since = tonumber(string.match(first[1], '%d+$'))
    local made = tonumber(string.sub(first[2][2], 1, 8) .. string.sub(first[2][2], 10, 13), 16)
    local from_rows = call('HEXISTS', P .. ':over:' .. lane .. ':' .. class, tenant) == 1
    return since > 0 and (from_rows and math.min(since, made) or since) or made
end

local function queue_open(e)
    local key = queue_key(e.lane, e.class, e.tenant)
    return {
        key = key, lane = e.lane, class = e.class, tenant = e.tenant, length = call('XLEN', key),
        over = over_read(e.lane, e.class, e.tenant), added = 0, full = false,
    }
end

-- May this id come in? Ids up to the mark were handed over before and return through the sweep.
local function queue_has_room(q, job, ignore_mark)
    if q.length < IDS_MAX and (ignore_mark or not q.over or job <= q.over.mark) then
        return true
    end
    if not q.over then
        local last = call('XREVRANGE', q.key, '+', '-', 'COUNT', 1)[1]
        q.over = { mark = string.match(last[2][2], '^%S+'), fulls = 0, rung = false }
    end
    q.over.fulls = q.over.fulls + 1
    q.full = true
    return false
end

-- Queue the entries. `bound`: 'mark' for new work, 'length' for a refill (which moves the mark
-- itself), 'none' for what comes back from a worker and was inside the bound before. Returns a
-- string, one letter an entry: A added, D known already, O older than what is known, F full.
local function push(entries, bound)
    local jobs, verdicts, queues, written, seen = {}, {}, {}, {}, {}
    for i, e in ipairs(entries) do
        jobs[i] = e.job
    end
    if #jobs == 0 then
        return ''
    end
    local known = call('HMGET', IDX, unpack(jobs))
    -- Never '*': a stream that was emptied and made again would give an id a second time.
    local sequence = call('INCRBY', P .. ':seq', #jobs) - #jobs
    local since = string.format('-%.0f', now) -- of an id: since when it is here
    for i, e in ipairs(entries) do
        local state, fence = known_parse(seen[e.job] or known[i])
        if state and fence >= e.fence then
            verdicts[i] = fence == e.fence and 'D' or 'O'
        else
            local name = e.lane .. ' ' .. e.class .. ' ' .. e.tenant
            local q = queues[name]
            if not q then
                q = queue_open(e)
                queues[name] = q
                queues[#queues + 1] = q
            end
            if state then
                supersede(e.lane, e.tenant, e.job)
            end
            if bound == 'none' or queue_has_room(q, e.job, bound == 'length') then
                call('XADD', q.key, (sequence + i) .. since, 'e', e.job .. ' ' .. e.fence .. ' ' ..
                    e.cost .. ' ' .. e.kind .. ' ' .. e.action)
                q.length, q.added = q.length + 1, q.added + 1
                seen[e.job] = 'q' .. e.fence
                written[#written + 1] = e.job
                written[#written + 1] = seen[e.job]
                verdicts[i] = 'A'
            else
                if state then
                    call('HDEL', IDX, e.job)
                end
                verdicts[i] = 'F'
            end
        end
    end
    if #written > 0 then
        call('HSET', IDX, unpack(written))
    end
    for _, q in ipairs(queues) do
        if q.full then
            over_write(q.lane, q.class, q.tenant, q.over)
        end
        if q.added > 0 then
            ring_join(q.lane, q.class, q.tenant)
            bell(q.lane, q.added)
        end
    end
    return table.concat(verdicts)
end

-- Free slots of one tenant and lane and settle the account: slots[i].ms is what the run really took,
-- 0 if it never ran, nil if nobody knows (the estimate stands). `known` is idx of each. What is not
-- held is never settled, so an account is settled once.
local function slots_settle(lane, tenant, slots, known)
    local forget, more = {}, {}
    if #slots == 0 then
        return
    end
    slots_free(lane, tenant, slots)
    for i, s in ipairs(slots) do
        local state, fence = known_parse(known[i])
        if fence == s.fence and state ~= 'd' then
            forget[#forget + 1] = s.job
        end
        if s.ms then
            local ms = (s.ms == 0 and 0 or math.max(1, s.ms)) - s.charged
            more[s.class] = (more[s.class] or 0) + ms
        end
    end
    if #forget > 0 then
        call('HDEL', IDX, unpack(forget))
    end
    for class, ms in pairs(more) do
        tag_adjust(lane, class, tenant, ms)
    end
end

-- What ended under `fence` ended under every older one, too: the message may have overtaken `claimed`.
local function slot_ends(s, fence)
    return s and s.fence <= fence
end

-- One of them; returns what held it, or nil.
local function slot_settle(lane, tenant, job, fence, ms)
    local s = slot_read(lane, tenant, job)
    if not slot_ends(s, fence) then
        return nil
    end
    s.ms = ms
    slots_settle(lane, tenant, { s }, { call('HGET', IDX, job) })
    return s
end
