-- part_entry.lua - entries: into a queue, into a slot, out of it.
--
--   idx                   job -> state letter and fence: d due later, q queued, t taken, l live
--   q:<lane>:<class>:<t>  stream of "job fence cost kind action"
--   live:<lane>:<tenant>  hash: "job:fence" -> "class charged cost kind action worker"
--   busy:<lane>           set of all "job:fence" of the lane
--   taken                 "lane tenant job fence", by deadline
--   over:<lane>:<class>   tenant -> "mark fulls rung"; see refill
--
-- A stream entry whose idx says anything but its own q<fence> is dead and falls out when it is met,
-- so nothing is ever searched for in a stream. A slot is a member, never a count: freeing it twice
-- or freeing what was never held changes nothing.

local IDX = P .. ':idx'

local function entry_parse(text)
    local lane, class, tenant, job, fence, cost, kind, action =
        string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%d+) (%d+) (%S+) (%S+)$')
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

local function slot_take(e, charged, worker)
    local name = e.job .. ':' .. e.fence
    call('HSET', live_key(e.lane, e.tenant), name, e.class .. ' ' .. exact(charged) .. ' ' .. e.cost ..
        ' ' .. e.kind .. ' ' .. e.action .. ' ' .. worker)
    call('SADD', P .. ':busy:' .. e.lane, name)
    for _, class in ipairs(CLASSES) do
        call('ZREM', P .. ':fresh:' .. e.lane .. ':' .. class, e.tenant)
    end
end

-- What holds the slot, or nil.
local function slot_read(lane, tenant, job, fence)
    local text = call('HGET', live_key(lane, tenant), job .. ':' .. fence)
    if not text then
        return nil
    end
    local class, charged, cost, kind, action, worker =
        string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
    return {
        lane = lane, class = class, tenant = tenant, job = job, fence = fence,
        charged = tonumber(charged), cost = tonumber(cost), kind = kind, action = action,
        worker = worker,
    }
end

local function slot_free(lane, tenant, job, fence)
    local name = job .. ':' .. fence
    call('HDEL', live_key(lane, tenant), name)
    call('SREM', P .. ':busy:' .. lane, name)
    call('ZREM', P .. ':taken', lane .. ' ' .. tenant .. ' ' .. job .. ' ' .. fence)
    if call('EXISTS', live_key(lane, tenant)) == 0 then
        fresh_again(lane, tenant)
    end
end

-- A higher fence is the proof that the older one runs nowhere.
local function supersede(lane, tenant, job, state, fence)
    if state == 't' or state == 'l' then
        slot_free(lane, tenant, job, fence)
        unpark(tenant)
    end
end

local function over_read(lane, class, tenant)
    local text = call('HGET', P .. ':over:' .. lane .. ':' .. class, tenant)
    if not text then
        return nil
    end
    local mark, fulls, rung = string.match(text, '^(%S+) (%d+) (%d)$')
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
                supersede(e.lane, e.tenant, e.job, state, fence)
            end
            if bound == 'none' or queue_has_room(q, e.job, bound == 'length') then
                call('XADD', q.key, (sequence + i) .. '-0', 'e', e.job .. ' ' .. e.fence .. ' ' ..
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

-- Free a slot and settle the account: `ms` is what the run really took, 0 if it never ran, nil if
-- nobody knows (the estimate stands). False if this slot was not held: then nothing changes, so the
-- account is settled once. Returns what held it.
local function slot_settle(lane, tenant, job, fence, ms)
    local s = slot_read(lane, tenant, job, fence)
    if not s then
        return nil
    end
    slot_free(lane, tenant, job, fence)
    local state, known_fence = known_parse(call('HGET', IDX, job))
    if known_fence == fence and (state == 't' or state == 'l') then
        call('HDEL', IDX, job)
    end
    if ms then
        tag_adjust(lane, s.class, tenant, (ms == 0 and 0 or math.max(1, ms)) - s.charged)
    end
    return s
end
