--!needs names ring
-- limits(tenant, revision, name, slots, rate_per_s, paused 0|1, ...) -> 1 if that was news. These are all of the
-- tenant's limits by name (part_named.lua); a name that is not among them has none.
local tenant, key = ARGV[3], P .. ':limits:' .. ARGV[3]
if told_later(tenant, ARGV[4]) then
    return 0
end
local news = call('HLEN', key) ~= (#ARGV - 4) / 4
local fields = {}
for i = 5, #ARGV, 4 do
    local text = ARGV[i + 1] .. ' ' .. ARGV[i + 2] .. ' ' .. ARGV[i + 3]
    news = news or call('HGET', key, ARGV[i]) ~= text
    fields[#fields + 1] = ARGV[i]
    fields[#fields + 1] = text
end
if not news then
    return 0
end
call('DEL', key)
if #fields > 0 then
    call('HSET', key, unpack(fields))
end
unpark(tenant)
return 1
