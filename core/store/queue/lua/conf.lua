--!needs names ring
-- conf(tenant, revision, weight, limit, rate_per_s) -> OK. limit and rate 0: none. Told often; what is no news
-- costs two reads.
if told_later(ARGV[3], ARGV[4]) then
    return redis.status_reply('OK')
end
local c = conf_of(ARGV[3])
local weight, limit, rate = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if c.weight == weight and c.limit == limit and c.rate == rate and
    call('HEXISTS', P .. ':conf', ARGV[3]) == 1 then
    return redis.status_reply('OK')
end
c.weight, c.limit, c.rate = weight, limit, rate
conf_put(ARGV[3], c)
unpark(ARGV[3])
return redis.status_reply('OK')
