-- part_aside.lua - what a limit of its name stops: set aside, or left to PostgreSQL.
--
-- One name may set aside NAME_MAX entries of a queue, all names together ASIDE_MAX, so that what nothing stops always
-- finds places. Of what comes after them Redis knows per name from which id on it waits (part_held.lua); when few of
-- the name are left, or it may start and none is, the scheduler is asked for more of it.
local NAME_MAX, NAME_LOW = 400, 200
local ASIDE_MAX, ASIDE_LOW = 800, 600 -- both below IDS_LOW: else a full list would look like a full queue
local NAMES_MAX = 200     -- held at once of one queue; what further ones stop is set aside all the same
local WANT, WANT_FEW = 200, 10 -- entries; few of a key, one of which may start
local QUEUE_ENOUGH = 1400 -- a name that nothing stops brings no more into a queue as long as this

-- How many entries set aside each name stops now, and how many there are.
local function aside_counts(lane, class, tenant)
    local counts, blockers = {}, {}
    local texts = of_list({}, 'LRANGE', aside_key(lane, class, tenant), 0, -1)
    for _, text in ipairs(texts) do
        local action = string.match(text, '^%S+ %d+ %d+ %S+ (%S+)')
        local name = blockers[action]
        if name == nil then
            name = named_blocker(tenant, action) or false
            blockers[action] = name
        end
        if name then
            counts[name] = (counts[name] or 0) + 1
        end
    end
    return counts, #texts
end

-- {text, job, name} of the queue's entries that may not start: set aside, or forgotten. They come again.
local function aside_keep(lane, class, tenant, stopped)
    local counts, total = aside_counts(lane, class, tenant)
    local held, names = held_read(lane, class, tenant)
    local kept, gone, changed = {}, {}, {}
    for _, s in ipairs(stopped) do
        local h, count = held[s.name], counts[s.name] or 0
        local full = count >= NAME_MAX or total >= ASIDE_MAX or (h and held_behind(h, s.job))
        if full and (h or names < NAMES_MAX) then
            if not h then
                h = { from = s.job, past = false, fulls = 0, want = 0 }
                held[s.name], names = h, names + 1
            elseif not held_behind(h, s.job) then
                h.from, h.past = s.job, false
            end
            h.fulls = h.fulls + 1
            changed[s.name] = h
            gone[#gone + 1] = s.job
        else
            kept[#kept + 1] = s.text
            counts[s.name], total = count + 1, total + 1
        end
    end
    for name, h in pairs(changed) do
        held_write(lane, class, tenant, name, h)
    end
    if #kept > 0 and not of_list(false, 'RPUSH', aside_key(lane, class, tenant), unpack(kept)) then
        for _, text in ipairs(kept) do
            gone[#gone + 1] = string.match(text, '^[^ ]+')
        end
    end
    if #gone > 0 then
        call('HDEL', IDX, unpack(gone))
    end
end

-- Is it time for more of the names that wait in PostgreSQL? `queued`: entries that nothing is known to stop. Returns when
-- one of them that has none here gets a token, ms.
local function aside_want(lane, class, tenant, queued)
    local held, _, order = held_read(lane, class, tenant)
    if #order == 0 then
        return nil
    end
    local counts, total = aside_counts(lane, class, tenant)
    local names, wake = {}, nil
    local length = total + queued
    for _, name in ipairs(order) do
        local h, count = held[name], counts[name] or 0
        local stopped, token = name_blocked(tenant, name)
        if h.want == 0 and stopped and count < NAME_LOW and total < ASIDE_LOW and queued < NAME_LOW then
            h.want, total = WANT, total + WANT
            names[#names + 1] = name
        elseif h.want == 0 and not stopped and length < QUEUE_ENOUGH then
            h.want = string.sub(name, 1, 2) == 'k:' and WANT_FEW or WANT
            length = length + h.want
            names[#names + 1] = name
        elseif stopped and token and count == 0 then
            wake = math.min(token, wake or token)
        end
    end
    held_ring(lane, class, tenant, held, names)
    return wake
end
