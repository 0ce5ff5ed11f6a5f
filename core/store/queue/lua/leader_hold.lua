--!needs
-- leader_hold(holder, ttl_ms) -> term, 0 if somebody else leads. Takes the lead or keeps it.
-- KEYS[1] is {sNN}:leader. Terms grow even over a wiped Redis: a new one is at
-- least the time in us, and nobody leads twice in one.
local current = redis.call('GET', KEYS[1])
local term
if current then
    local text, holder = string.match(current, '^(%d+) (.+)$')
    if holder ~= ARGV[1] then
        return 0
    end
    term = tonumber(text)
else
    local t = redis.call('TIME')
    term = math.max(t[1] * 1000000 + t[2],
        tonumber(redis.call('GET', KEYS[1] .. ':term') or 0) + 1)
    redis.call('SET', KEYS[1] .. ':term', string.format('%d', term))
end
redis.call('SET', KEYS[1], string.format('%d ', term) .. ARGV[1], 'PX', ARGV[2])
return term
