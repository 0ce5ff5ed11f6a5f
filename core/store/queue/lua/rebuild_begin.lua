--!needs
-- rebuild_begin(term, token) -> OK | LOST. From here on every script answers NOGEN, except to the
-- holder of the token. A leader of a later term takes over; an earlier one has lost.
local P = string.match(KEYS[1], '^(.*):gen$')
local current = redis.call('GET', P .. ':rebuild')
if current and tonumber(string.match(current, '^%d+')) > tonumber(ARGV[1]) then
    return redis.status_reply('LOST')
end
redis.call('SET', P .. ':rebuild', ARGV[1] .. ' ' .. ARGV[2])
redis.call('DEL', KEYS[1])
return redis.status_reply('OK')
