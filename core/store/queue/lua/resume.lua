--!needs names ring
-- resume(tenant, revision) -> OK
local tenant = ARGV[3]
if told_later(tenant, ARGV[4]) then
    return redis.status_reply('OK')
end
local c = conf_of(tenant)
c.paused = false
conf_put(tenant, c)
for _, lane in ipairs(lanes()) do
    for _, class in ipairs(CLASSES) do
        if ring_join(lane, class, tenant) then
            bell(lane, BELL_MAX)
        end
    end
end
return redis.status_reply('OK')
