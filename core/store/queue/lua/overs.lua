--!needs names ring entry
-- overs(most) -> "lane class tenant mark fulls length"...: tenants whose backlog is in PostgreSQL.
-- The backstop of the refill bell, and what the sweep asks to know how far it may look.
local most = tonumber(ARGV[3])
local list = {}
for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        local all = call('HGETALL', P .. ':over:' .. lane .. ':' .. class)
        for i = 1, #all, 2 do
            if #list >= most then
                return list
            end
            local mark, fulls = string.match(all[i + 1], '^(%S+) (%d+)')
            list[#list + 1] = lane .. ' ' .. class .. ' ' .. all[i] .. ' ' .. mark .. ' ' .. fulls ..
                ' ' .. queue_length(lane, class, all[i])
        end
    end
end
return list
