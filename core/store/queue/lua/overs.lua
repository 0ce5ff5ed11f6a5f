--!needs names ring held entry
-- overs(most) -> "lane class tenant mark fulls length"...: tenants whose backlog is in PostgreSQL; and behind them
-- "lane class tenant from fulls want name"... of the names of which more is wanted (part_held.lua).
-- The backstop of the refill bell, and what the sweep asks to know how far it may look. With nothing of a queue left here,
-- whatever is held of it is wanted, although nobody said so. What is not low any more when it is looked at (entries came
-- back meanwhile) gets no refill, so that it has to ring again.
local WANT = 200
local most = tonumber(ARGV[3])
local list = {}
for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        local all = call('HGETALL', P .. ':over:' .. lane .. ':' .. class)
        for i = 1, #all, 2 do
            if #list >= most then
                return list
            end
            local over, length = over_parse(all[i + 1]), queue_length(lane, class, all[i])
            if over.rung and length >= IDS_LOW then
                over.rung = false
                over_write(lane, class, all[i], over)
            end
            list[#list + 1] = lane .. ' ' .. class .. ' ' .. all[i] .. ' ' .. over.mark .. ' ' .. over.fulls .. ' ' .. length
        end
    end
end
for _, text in ipairs(call('SMEMBERS', P .. ':helds')) do
    local lane, class, tenant = string.match(text, '^(%S+) (%S+) (%S+)$')
    local held, _, order = held_read(lane, class, tenant)
    local empty = queue_length(lane, class, tenant) == 0
    for _, name in ipairs(order) do
        local h = held[name]
        local want = h.want == 0 and empty and WANT or h.want
        if want > 0 and #list < most then
            list[#list + 1] = text .. ' ' .. h.from .. ' ' .. h.fulls .. ' ' .. want .. ' ' .. name
        end
    end
end
return list
