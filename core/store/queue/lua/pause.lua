--!needs names ring
-- pause(tenant, revision) -> OK. Nothing more of it is handed over; what runs goes on, what comes is kept.
local tenant = ARGV[3]
if told_later(tenant, ARGV[4]) then
    return redis.status_reply('OK')
end
local c = conf_of(tenant)
c.paused = true
conf_put(tenant, c)
for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        local tag = call('ZSCORE', ring_key(lane, class), tenant)
        if tag then
            ring_leave(lane, class, tenant, tonumber(tag))
        end
    end
end
return redis.status_reply('OK')
