--!needs names
-- look() -> OK: whoever leads looks at the marks now, and does not sleep until the one it knew of.
if call('LINDEX', P .. ':bell:due', 0) ~= 'look' then
    call('LPUSH', P .. ':bell:due', 'look')
end
return redis.status_reply('OK')
