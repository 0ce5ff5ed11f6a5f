-- part_entry.lua - entries: into a queue, into a slot, out of it.
--
--   idx                   job -> state letter and fence: q queued or taken, l live
--   q:<lane>:<class>:<t>  list of "job fence cost kind action since"; since, ms: when it came in
--   aside:<lane>:<class>:<t>  what of it was stepped over, see part_named.lua
--   live:<lane>:<tenant>  job -> "fence state class charged cost kind action worker deadline"; state t taken,
--                         l claimed. These are the slots the tenant holds.
--   busy:<lane>           tenant -> how many that are; always written as the size of its live hash,
--                         never counted up or down
--   taken                 "lane tenant", by a moment before which none of its deadlines is; who looks then finds the
--                         next one in the live hash
--   over:<lane>:<class>   tenant -> "mark fulls rung"; see refill. The same of a name: part_held.lua
--
-- A queue entry whose idx says anything but its own q<fence> is dead and falls out when it is met,
-- so nothing is ever searched for in a queue. A slot is a member, never a count: freeing it twice
-- or freeing what was never held changes nothing.
--
-- Messages come by the hundred, mostly of one lane and tenant: their first words are compared as one and cut only
-- where they differ from those before.

local IDX = P .. ':idx'

local function entry_parse(text)
    local lane, class, tenant, job, fence, cost, kind, action =
        string.match(text, '^([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) (%d+) (%d+) ([^ ]+) ([^ ]+)$')
    return {
        lane = lane, class = class, tenant = tenant, job = job, fence = tonumber(fence),
        cost = tonumber(cost), kind = kind, action = action,
    }
end

local function known_parse(known)
    if known then
        return string.sub(known, 1, 1), tonumber(string.sub(known, 2))
    end
end

-- "cost kind action" of an entry.
local function entry_rest(e)
    return e.cost .. ' ' .. e.kind .. ' ' .. e.action
end

local function slot_text(s)
    return s.fence .. ' ' .. s.state .. ' ' .. s.class .. ' ' .. exact(s.charged) .. ' ' .. entry_rest(s) ..
        ' ' .. s.worker .. ' ' .. (s.state == 't' and s.deadline or 0)
end

-- What holds the slot, or nil.
local function slot_parse(text, lane, tenant, job)
    if not text then
        return nil
    end
    local held, state, class, charged, cost, kind, action, worker, deadline = string.match(text,
        '^(%d+) (%a) ([^ ]+) ([^ ]+) (%d+) ([^ ]+) ([^ ]+) ([^ ]+) (%d+)$')
    return {
        lane = lane, class = class, tenant = tenant, job = job, fence = tonumber(held), state = state,
        charged = tonumber(charged), cost = tonumber(cost), kind = kind, action = action,
        worker = worker, deadline = tonumber(deadline),
    }
end

local function slot_read(lane, tenant, job)
    return slot_parse(call('HGET', live_key(lane, tenant), job), lane, tenant, job)
end

-- The tenant's slots of the lane have changed.
local function slots_changed(lane, tenant)
    local held = call('HLEN', live_key(lane, tenant))
    if held == 0 then
        call('HDEL', P .. ':busy:' .. lane, tenant)
        call('ZREM', P .. ':taken', lane .. ' ' .. tenant)
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

-- Free slots of one tenant and lane; what they were charged for stands.
local function slots_free(lane, tenant, jobs)
    call('HDEL', live_key(lane, tenant), unpack(jobs))
    slots_changed(lane, tenant)
end

-- "lane tenant job fence word"... of ARGV from 3 on, grouped by lane and tenant, in which order does
-- not matter: {lane, tenant, jobs = {...}, fences = {...}, words = {...}, at = {...}}; `at` is the place of each among
-- the answers.
local function slot_messages()
    local groups, g, head, bytes = {}, nil, nil, 0
    for i = 3, #ARGV do
        local text = ARGV[i]
        if not g or string.sub(text, 1, bytes) ~= head then
            local lane, tenant = string.match(text, '^([^ ]+) ([^ ]+) ')
            head = lane .. ' ' .. tenant .. ' '
            bytes = #head
            g = groups[head]
            if not g then
                g = { lane = lane, tenant = tenant, jobs = {}, fences = {}, words = {}, at = {} }
                groups[head] = g
                groups[#groups + 1] = g
            end
        end
        local job, fence, word = string.match(text, '^([^ ]+) (%d+) ([^ ]+)$', bytes + 1)
        local n = #g.jobs + 1
        g.jobs[n], g.fences[n], g.words[n], g.at[n] = job, tonumber(fence), word, i - 2
    end
    return groups
end

-- The texts of the slots the messages of a group name, false where none is held. One that is named twice is
-- found once.
local function slots_of(g)
    local seen, texts = {}, call('HMGET', live_key(g.lane, g.tenant), unpack(g.jobs))
    for i, job in ipairs(g.jobs) do
        texts[i] = not seen[job] and texts[i]
        seen[job] = true
    end
    return texts
end

-- A higher fence is the proof that the older one runs nowhere.
local function supersede(lane, tenant, job)
    if call('HEXISTS', live_key(lane, tenant), job) == 1 then
        slots_free(lane, tenant, { job })
        unpark(tenant)
    end
end

local function over_parse(text)
    local mark, fulls, rung = string.match(text, '^([^ ]+) (%d+) (%d)$')
    return { mark = mark, fulls = tonumber(fulls), rung = rung == '1' }
end

local function over_read(lane, class, tenant)
    local text = call('HGET', P .. ':over:' .. lane .. ':' .. class, tenant)
    return text and over_parse(text)
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

-- Since when the oldest entry of a queue has been ready, ms; nil: it is empty. `aside`: also of what a limit of its name
-- holds back. While the tenant has more in PostgreSQL the entry came from there, and was accepted when its id says.
local function queue_since(lane, class, tenant, aside)
    local first = aside and any_blocked() and of_list(false, 'LINDEX', aside_key(lane, class, tenant), 0) or
        of_list(false, 'LINDEX', queue_key(lane, class, tenant), 0)
    if not first then
        return nil
    end
    local since = tonumber(string.match(first, '%d+$'))
    if call('HEXISTS', P .. ':over:' .. lane .. ':' .. class, tenant) == 0 then
        return since
    end
    return math.min(since, tonumber(string.sub(first, 1, 8) .. string.sub(first, 10, 13), 16))
end

local function queue_open(lane, class, tenant)
    return {
        key = queue_key(lane, class, tenant), lane = lane, class = class, tenant = tenant,
        length = queue_length(lane, class, tenant), over = over_read(lane, class, tenant), texts = {},
        full = false, held = any_held() and held_read(lane, class, tenant) or nil, held_more = {},
    }
end

-- May this id come in? Ids up to the mark were handed over before and return through the sweep.
local function queue_has_room(q, job, ignore_mark)
    if q.length < IDS_MAX and (ignore_mark or not q.over or job <= q.over.mark) then
        return true
    end
    if not q.over then
        local last = q.texts[#q.texts] or call('LINDEX', q.key, -1) or
            call('LINDEX', aside_key(q.lane, q.class, q.tenant), -1)
        q.over = { mark = string.match(last, '^[^ ]+'), fulls = 0, rung = false }
    end
    q.over.fulls = q.over.fulls + 1
    q.full = true
    return false
end

-- Entries as texts, "lane class tenant job fence cost kind action": ARGV from `first` on, or a table of them.
local function entries_cut(texts, first)
    local entries, head, bytes, lane, class, tenant = {}, nil, 0, nil, nil, nil
    for i = first, #texts do
        local text = texts[i]
        if string.sub(text, 1, bytes) ~= head then
            lane, class, tenant = string.match(text, '^([^ ]+) ([^ ]+) ([^ ]+) ')
            head = lane .. ' ' .. class .. ' ' .. tenant .. ' '
            bytes = #head
        end
        local job, fence = string.match(text, '^([^ ]+) (%d+) ', bytes + 1)
        entries[#entries + 1] = {
            lane = lane, class = class, tenant = tenant, head = head, job = job, fence = fence,
            text = string.sub(text, bytes + 1),
        }
    end
    return entries
end

-- The same of what was read from a slot.
local function entry_of_slot(s)
    return {
        lane = s.lane, class = s.class, tenant = s.tenant, head = s.lane .. ' ' .. s.class .. ' ' .. s.tenant .. ' ',
        job = s.job, fence = s.fence, text = s.job .. ' ' .. s.fence .. ' ' .. entry_rest(s),
    }
end

-- There is no queue to put the added entries of `head` into.
local function refuse(entries, head, verdicts)
    for i, e in ipairs(entries) do
        if e.head == head and verdicts[i] == 'A' then
            verdicts[i] = 'F'
            call('HDEL', IDX, e.job)
        end
    end
end

-- Is the entry one of those of which PostgreSQL keeps all that follow?
local function queue_holds(q, e, refilled)
    local name = q.held and held_name(q.held, string.match(e.text, '[^ ]+$'), e.job, refilled)
    if not name then
        return false
    end
    q.held[name].fulls = q.held[name].fulls + 1
    q.held_more[name] = true
    return true
end

-- What was added to an open queue, and who was told to wait.
local function queue_write(q, entries, verdicts)
    if q.full then
        over_write(q.lane, q.class, q.tenant, q.over)
    end
    for name in pairs(q.held_more) do
        held_write(q.lane, q.class, q.tenant, name, q.held[name])
    end
    if #q.texts > 0 then
        if of_list(false, 'RPUSH', q.key, unpack(q.texts)) then
            ring_join(q.lane, q.class, q.tenant)
            bell(q.lane, #q.texts)
        else
            refuse(entries, q.head, verdicts)
        end
    end
end

-- Queue the entries (entries_cut, entry_of_slot). `bound`: 'mark' for new work, 'length' for a refill (which moves
-- the mark itself), 'none' for what comes back from a worker and was inside the bound before. `refilled`: the
-- name that a refill is of. Returns a string, one letter an entry: A added, D known already, O older than what is known, F full,
-- N comes with a refill of its name.
local function push(entries, bound, refilled)
    local jobs, verdicts, queues, written, seen = {}, {}, {}, {}, {}
    for i, e in ipairs(entries) do
        jobs[i] = e.job
    end
    if #jobs == 0 then
        return ''
    end
    local known = call('HMGET', IDX, unpack(jobs))
    local since, q = string.format(' %.0f', now), nil
    for i, e in ipairs(entries) do
        local before = seen[e.job] or known[i]
        local state, fence, own = nil, nil, tonumber(e.fence)
        if before then
            state, fence = known_parse(before)
        end
        if state and fence >= own then
            verdicts[i] = fence == own and 'D' or 'O'
        else
            if not q or q.head ~= e.head then
                q = queues[e.head]
                if not q then
                    q = queue_open(e.lane, e.class, e.tenant)
                    q.head = e.head
                    queues[e.head] = q
                    queues[#queues + 1] = q
                end
            end
            if state then
                supersede(e.lane, e.tenant, e.job)
            end
            if bound ~= 'none' and queue_holds(q, e, refilled) then
                if state then
                    call('HDEL', IDX, e.job)
                end
                verdicts[i] = 'N'
            elseif bound == 'none' or queue_has_room(q, e.job, bound == 'length') then
                q.texts[#q.texts + 1] = e.text .. since
                q.length = q.length + 1
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
    for _, opened in ipairs(queues) do
        queue_write(opened, entries, verdicts)
    end
    return table.concat(verdicts)
end

-- What ended under `fence` ended under every older one, too: the message may have overtaken `claimed`.
local function slot_ends(s, fence)
    return s and s.fence <= fence
end

-- Free one slot and settle its account: `ms` is what the run really took, 0 if it never ran, nil if nobody
-- knows (the estimate stands). Returns what held it, or nil; then nothing is settled, so an account is settled once.
local function slot_settle(lane, tenant, job, fence, ms)
    local s = slot_read(lane, tenant, job)
    if not slot_ends(s, fence) then
        return nil
    end
    slots_free(lane, tenant, { job })
    call('HDEL', IDX, job) -- which named this slot: nothing else can be known of a job that holds one
    if ms then
        tag_adjust(lane, s.class, tenant, (ms == 0 and 0 or math.max(1, ms)) - s.charged)
    end
    return s
end
