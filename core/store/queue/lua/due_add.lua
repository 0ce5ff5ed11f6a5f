--!needs names
-- due_add(tenant, in_ms) -> 1 if that is sooner than what was known of the tenant, else 0: then a delayed job of it falls due.
-- A span, not a moment: the clock that judges the job is PostgreSQL's.
local at = now + math.max(0, tonumber(ARGV[4]))
local changed = call('ZADD', P .. ':due', 'LT', 'CH', exact(at), ARGV[3])
if changed == 1 then
    due_ring(at)
end
return changed
