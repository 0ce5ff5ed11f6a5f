-- part_held.lua - names of which more waits than they may set aside: the rest of each is in PostgreSQL.
--
--   held:<lane>:<class>:<t>  name -> "from past fulls want". Jobs of the name with ids from `from` on (past 1: behind it)
--                            are not in Redis and do not come in but by a refill of the name, so that they keep their
--                            order; fulls: how often somebody was told so; want: how many entries the scheduler is asked
--                            for, 0: none
--   helds                    "lane class tenant" that has such a hash
--
-- It is to a name what `over` is to a queue. Which names: part_named.lua.

-- The names that an action counts under: s:<skill>, and what stands behind each #.
local function names_of(action)
    local names = {}
    local skill = string.match(action, '^([^.#]+)%.')
    if skill then
        names[1] = 's:' .. skill
    end
    for name in string.gmatch(action, '#([^#]+)') do
        names[#names + 1] = name
    end
    return names
end

local function held_key(lane, class, tenant)
    return P .. ':held:' .. lane .. ':' .. class .. ':' .. tenant
end

local helds_exist -- is any name held, asked once a script
local function any_held()
    if helds_exist == nil then
        helds_exist = call('EXISTS', P .. ':helds') == 1
    end
    return helds_exist
end

-- {name = {from, past, fulls, want}, ...} of a queue, how many, and their names, the oldest first.
local function held_read(lane, class, tenant)
    local held, order = {}, {}
    local all = any_held() and call('HGETALL', held_key(lane, class, tenant)) or {}
    for i = 1, #all, 2 do
        local from, past, fulls, want = string.match(all[i + 1], '^(%S+) (%d) (%d+) (%d+)$')
        held[all[i]] = { from = from, past = past == '1', fulls = tonumber(fulls), want = tonumber(want) }
        order[#order + 1] = all[i]
    end
    return held, #order, order
end

local function held_write(lane, class, tenant, name, h)
    call('HSET', held_key(lane, class, tenant), name,
        h.from .. ' ' .. (h.past and 1 or 0) .. ' ' .. h.fulls .. ' ' .. h.want)
    call('SADD', P .. ':helds', lane .. ' ' .. class .. ' ' .. tenant)
    helds_exist = true
end

local function held_forget(lane, class, tenant, name)
    local key = held_key(lane, class, tenant)
    call('HDEL', key, name)
    if call('EXISTS', key) == 0 then
        call('SREM', P .. ':helds', lane .. ' ' .. class .. ' ' .. tenant)
    end
end

-- Is the job one of those that wait in PostgreSQL?
local function held_behind(h, job)
    return job > h.from or (job == h.from and not h.past)
end

-- The name, among those of the action, whose jobs wait in PostgreSQL from this one on; nil: none. `but` is not looked at.
local function held_name(held, action, job, but)
    for _, name in ipairs(names_of(action)) do
        if name ~= but and held[name] and held_behind(held[name], job) then
            return name
        end
    end
end

-- Ask the scheduler for entries of names: {name, ...} of one queue, whose `want` is set.
local function held_ring(lane, class, tenant, held, names)
    for _, name in ipairs(names) do
        held_write(lane, class, tenant, name, held[name])
    end
    if #names > 0 then
        call('RPUSH', P .. ':bell:refill', lane .. ' ' .. class .. ' ' .. tenant)
    end
end
