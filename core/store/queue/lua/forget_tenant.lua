--!needs names ring held entry
-- forget_tenant(tenant) -> number of entries and slots dropped. For a tenant that was deleted.
local tenant = ARGV[3]
local dropped = 0

local function forget_queue(lane, class)
    for _, key in ipairs({ aside_key(lane, class, tenant), queue_key(lane, class, tenant) }) do
        for _, text in ipairs(of_list({}, 'LRANGE', key, 0, -1)) do
            call('HDEL', IDX, string.match(text, '^%S+'))
            dropped = dropped + 1
        end
        call('DEL', key)
    end
    local tag = call('ZSCORE', ring_key(lane, class), tenant)
    if tag then
        ring_leave(lane, class, tenant, tonumber(tag))
    end
    call('HDEL', clock_key(lane, class), tenant)
    call('HDEL', P .. ':over:' .. lane .. ':' .. class, tenant)
    call('DEL', held_key(lane, class, tenant))
    call('SREM', P .. ':helds', lane .. ' ' .. class .. ' ' .. tenant)
    call('ZREM', P .. ':parked', parked_name(lane, class, tenant))
    call('HDEL', P .. ':blocked', parked_name(lane, class, tenant))
end

for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        forget_queue(lane, class)
    end
    local live = call('HGETALL', live_key(lane, tenant))
    for i = 1, #live, 2 do
        slots_free(lane, tenant, { live[i] })
        call('HDEL', IDX, live[i])
        dropped = dropped + 1
    end
end
call('ZREM', P .. ':due', tenant)
for _, key in ipairs({ P .. ':cost', P .. ':rate' }) do -- by action, and by name
    for _, field in ipairs(call('HKEYS', key)) do
        if string.sub(field, 1, #tenant + 1) == tenant .. ' ' then
            call('HDEL', key, field)
        end
    end
end
call('DEL', P .. ':limits:' .. tenant)
call('HDEL', P .. ':conf', tenant)
call('HDEL', P .. ':told', tenant)
call('HDEL', P .. ':rate', tenant)
return dropped
