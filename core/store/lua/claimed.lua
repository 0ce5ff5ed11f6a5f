--!needs names ring entry
-- claimed("lane tenant job queued_fence claim_fence"...) -> a letter each: H held, - not.
-- The claim is committed: the slot goes by its new fence and does not come back by itself.
local letters = {}
for i = 3, #ARGV do
    local lane, tenant, job, queued, fence =
        string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%d+) (%d+)$')
    queued, fence = tonumber(queued), tonumber(fence)
    local letter = '-'
    local state, known_fence = known_parse(call('HGET', IDX, job))
    if not state or known_fence < fence then
        local s = slot_read(lane, tenant, job, queued)
        if s then
            -- One slot, renamed: the tenant never looks idle in between.
            s.fence = fence
            slot_take(s, s.charged, s.worker)
            slot_free(lane, tenant, job, queued)
            call('HSET', IDX, job, 'l' .. fence)
            letter = 'H'
        end
    end
    letters[#letters + 1] = letter
end
return table.concat(letters)
