--!needs names ring entry
-- live(tenant) -> "lane class job fence state charged_ms worker"...: what holds its slots.
-- state: t taken, l claimed. Read this first, then the rows: what is claimed here and not running
-- there under the same fence has ended, whatever happened in between, and may be finished.
local list = {}
for _, lane in ipairs(lanes()) do
    for _, name in ipairs(call('HKEYS', live_key(lane, ARGV[3]))) do
        local job, fence = string.match(name, '^(.+):(%d+)$')
        local s = slot_read(lane, ARGV[3], job, fence)
        local taken = call('ZSCORE', P .. ':taken', lane .. ' ' .. ARGV[3] .. ' ' .. job .. ' ' .. fence)
        list[#list + 1] = lane .. ' ' .. s.class .. ' ' .. job .. ' ' .. fence .. ' ' ..
            (taken and 't' or 'l') .. ' ' .. math.floor(s.charged) .. ' ' .. s.worker
    end
end
return list
