-- scope: lifecycle
-- $1 run, $2 state (requested: it was broken off, and is to be taken up again), $3 counts of this part of it, $4 what was wrong, $5
-- time zone database
update public.scan_run r
set state = $2,
    counts = (
        select jsonb_object_agg(c.key, c.value::bigint + coalesce((r.counts ->> c.key)::bigint, 0))
        from jsonb_each_text($3::jsonb) c),
    problem = $4,
    tz_version = $5,
    finished_at = case when $2 <> 'requested' then clock_timestamp() end,
    lease_until = null
where r.id = $1::uuid
