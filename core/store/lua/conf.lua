--!needs names ring
-- conf(tenant, weight, limit, rate_per_s) -> OK. limit and rate 0: none.
local c = conf_of(ARGV[3])
c.weight = tonumber(ARGV[4])
c.limit = tonumber(ARGV[5])
c.rate = tonumber(ARGV[6])
conf_put(ARGV[3], c)
unpark(ARGV[3])
return redis.status_reply('OK')
