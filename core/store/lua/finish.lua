--!needs names ring entry
-- finish("lane tenant job fence ms"...) -> a letter each: H the slot was held, - not.
-- ms: what the run took; 0 if it never ran (the claim was refused); - if nobody knows.
-- Repeating it, or finishing what is not held under this fence, changes nothing.
local letters, costs = {}, {}

-- The estimate for the next run; a quarter of it is the newest one.
local function learn(tenant, action, ms)
    local name = tenant .. ' ' .. string.match(action, '^[^#]+')
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
    local slots, known = slots_of(g)
    local held, held_known = {}, {}
    for i, m in ipairs(g) do
        local s = slots[i]
        letters[m.at] = slot_ends(s, m.fence) and 'H' or '-'
        if slot_ends(s, m.fence) then
            s.ms = tonumber(m.word)
            held[#held + 1] = s
            held_known[#held] = known[i]
            if s.ms and s.ms > 0 and s.action ~= '-' then
                learn(g.tenant, s.action, s.ms)
            end
        end
    end
    slots_settle(g.lane, g.tenant, held, held_known)
    if #held > 0 then
        unpark(g.tenant)
    end
end
costs_write()
return table.concat(letters)
