-- scope: lifecycle
-- $1 run, $2 state, $3 counts, $4 what was wrong, $5 time zone database
update public.scan_run
set state = $2,
    counts = $3::jsonb,
    problem = $4,
    tz_version = $5,
    finished_at = clock_timestamp(),
    lease_until = null
where id = $1::uuid
