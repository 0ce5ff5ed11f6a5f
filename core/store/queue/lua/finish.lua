--!needs names ring held entry
-- finish("lane tenant job fence ms"...) -> a letter each: H the slot was held, - not.
-- ms: what the run took; 0 if it never ran (the claim was refused); - if nobody knows.
-- Repeating it, or finishing what is not held under this fence, changes nothing.
local letters, costs = {}, {}

-- The estimate for the next run; a quarter of it is the newest one.
local names = {}
local function learn(tenant, action, ms)
    local name = names[action]
    if not name or names.tenant ~= tenant then
        names = { tenant = tenant }
        name = tenant .. ' ' .. string.match(action, '^[^#]+')
        names[action] = name
    end
    local old = costs[name] or tonumber(call('HGET', P .. ':cost', name) or nil)
    costs[name] = old and old + (ms - old) / 4 or ms
end

local function costs_write()
    local key = P .. ':cost'
    for name, ms in pairs(costs) do
        if call('HEXISTS', key, name) == 1 or call('HLEN', key) < COSTS_MAX then
            call('HSET', key, name, exact(ms))
        end
    end
end

for _, g in ipairs(slot_messages()) do
    local held, more = {}, {}
    for i, text in ipairs(slots_of(g)) do
        local fence, class, charged, action
        if text then
            fence, class, charged, action =
                string.match(text, '^(%d+) %a ([^ ]+) ([^ ]+) %d+ [^ ]+ ([^ ]+)')
        end
        letters[g.at[i]] = '-'
        if text and tonumber(fence) <= g.fences[i] then -- as slot_ends
            local ms = tonumber(g.words[i])
            letters[g.at[i]] = 'H'
            held[#held + 1] = g.jobs[i]
            if ms then
                more[class] = (more[class] or 0) + (ms == 0 and 0 or math.max(1, ms)) - tonumber(charged)
            end
            if ms and ms > 0 and action ~= '-' then
                learn(g.tenant, action, ms)
            end
        end
    end
    if #held > 0 then
        slots_free(g.lane, g.tenant, held)
        call('HDEL', IDX, unpack(held)) -- see slot_settle
        for class, ms in pairs(more) do
            tag_adjust(g.lane, class, g.tenant, ms)
        end
        unpark(g.tenant)
    end
end
costs_write()
return table.concat(letters)
