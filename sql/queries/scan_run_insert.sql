-- scope: lifecycle
-- $1 id, $2 kind, $3 as of (us), $4 state, $5 counts, $6 what was wrong, $7 time zone database
insert into public.scan_run (id, kind, as_of, state, counts, problem, tz_version, finished_at)
values ($1::uuid, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, $5::jsonb, $6, $7,
    clock_timestamp())
