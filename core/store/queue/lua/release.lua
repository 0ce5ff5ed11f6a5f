--!needs names ring held entry
-- release("lane tenant job fence next_fence"...) -> letters as enqueue's, - for a slot not held.
-- A worker gives back what it did not start: nothing is charged. next_fence is what PostgreSQL says
-- after the release; the same fence if the entry had not been claimed.
local letters = {}
for i = 3, #ARGV do
    local lane, tenant, job, fence, next_fence =
        string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%d+) (%d+)$')
    local s = slot_settle(lane, tenant, job, tonumber(fence), 0)
    if s then
        s.fence = next_fence
        letters[#letters + 1] = push({ entry_of_slot(s) }, 'none')
        unpark(tenant)
    else
        letters[#letters + 1] = '-'
    end
end
return table.concat(letters)
