--!needs names ring entry
-- status(tenant, job or -) -> JSON for people and for `why`:
-- {weight, limit, rate, paused, held, queues: [{lane, class, length, full, parked_until_ms, ahead}],
--  job: {state, fence, lane, class, position}}
-- ahead: tenants whose turn comes earlier; position: entries of the same queue before the job, from 0.
local tenant, job = ARGV[3], ARGV[4]
local c = conf_of(tenant)
local answer = {
    weight = c.weight, limit = c.limit, rate = c.rate, paused = c.paused,
    held = slots_held(tenant), queues = {},
}
local state, fence
if job ~= '-' then
    state, fence = known_parse(call('HGET', IDX, job))
    if state then
        answer.job = { state = state, fence = fence }
    end
end

local function position_in(key)
    for i, item in ipairs(call('XRANGE', key, '-', '+')) do
        local entry_job, entry_fence = string.match(item[2][2], '^(%S+) (%d+)')
        if entry_job == job and tonumber(entry_fence) == fence then
            return i - 1
        end
    end
end

for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        local key = queue_key(lane, class, tenant)
        local length = call('XLEN', key)
        local over = over_read(lane, class, tenant)
        if length > 0 or over then
            local parked = call('ZSCORE', P .. ':parked', parked_name(lane, class, tenant))
            answer.queues[#answer.queues + 1] = {
                lane = lane, class = class, length = length, full = over ~= nil,
                parked_until_ms = parked and tonumber(parked) or nil,
                ahead = call('ZRANK', ring_key(lane, class), tenant) or nil,
            }
            local position = state == 'q' and position_in(key)
            if position then
                answer.job.lane, answer.job.class, answer.job.position = lane, class, position
            end
        end
    end
end
if #answer.queues == 0 then
    answer.queues = nil
end
return cjson.encode(answer)
