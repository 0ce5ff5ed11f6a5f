--!needs names ring entry
-- finish("lane tenant job fence ms"...) -> a letter each: H the slot was held, - not.
-- ms: what the run took; 0 if it never ran (the claim was refused); - if nobody knows.
-- Repeating it, or finishing what is not held under this fence, changes nothing.
local letters, tenants = {}, {}
for i = 3, #ARGV do
    local lane, tenant, job, fence, text =
        string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%d+) (%S+)$')
    local ms = tonumber(text)
    local s = slot_settle(lane, tenant, job, tonumber(fence), ms)
    letters[#letters + 1] = s and 'H' or '-'
    if s then
        tenants[tenant] = true
        if ms and ms > 0 and s.action ~= '-' then
            -- The estimate for the next one; a quarter of it is the newest run.
            local key, name = P .. ':cost', tenant .. ' ' .. s.action
            local old = tonumber(call('HGET', key, name) or nil)
            if old or call('HLEN', key) < COSTS_MAX then
                call('HSET', key, name, exact(old and old + (ms - old) / 4 or ms))
            end
        end
    end
end
for tenant in pairs(tenants) do
    unpark(tenant)
end
return table.concat(letters)
