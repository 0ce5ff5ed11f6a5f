--!needs names ring entry
-- depth() -> JSON: {later, taken, parked, lanes: {lane: {busy, bell, classes: {class: {tenants,
-- entries, over}}}}}. entries counts at most the first 1,000 tenants of a class.
local answer = {
    later = call('ZCARD', P .. ':later'), taken = call('ZCARD', P .. ':taken'),
    parked = call('ZCARD', P .. ':parked'),
}
for _, lane in ipairs(lanes()) do
    local classes = {}
    for _, class in ipairs(CLASSES) do
        local ring = ring_key(lane, class)
        local entries = 0
        for _, tenant in ipairs(call('ZRANGE', ring, 0, 999)) do
            entries = entries + call('XLEN', queue_key(lane, class, tenant))
        end
        classes[class] = {
            tenants = call('ZCARD', ring), entries = entries,
            over = call('HLEN', P .. ':over:' .. lane .. ':' .. class),
        }
    end
    local busy = 0
    for _, held in ipairs(call('HVALS', P .. ':busy:' .. lane)) do
        busy = busy + held
    end
    answer.lanes = answer.lanes or {}
    answer.lanes[lane] = {
        busy = busy, bell = call('LLEN', P .. ':bell:' .. lane),
        classes = classes,
    }
end
return cjson.encode(answer)
