--!needs names ring held entry
-- live(tenant) -> "lane class job fence state charged_ms worker"...: what holds its slots.
-- state: t taken, l claimed. Read this first, then the rows: what is claimed here and not running
-- there under the same fence has ended, whatever happened in between, and may be finished.
local list = {}
for _, lane in ipairs(lanes()) do
    local live = call('HGETALL', live_key(lane, ARGV[3]))
    for i = 1, #live, 2 do
        local s = slot_parse(live[i + 1], lane, ARGV[3], live[i])
        list[#list + 1] = lane .. ' ' .. s.class .. ' ' .. s.job .. ' ' .. s.fence .. ' ' ..
            s.state .. ' ' .. math.floor(s.charged) .. ' ' .. s.worker
    end
end
return list
