--!needs
-- leader_drop(holder) -> 1 if it led and does no more, else 0. KEYS[1] is {sNN}:leader.
local current = redis.call('GET', KEYS[1])
if current and string.match(current, '^%d+ (.+)$') == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
