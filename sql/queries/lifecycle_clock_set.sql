-- scope: lifecycle
-- $1 as of (us): never back
update public.scan_clock
set last_at = greatest(last_at, timestamptz 'epoch' + $1::bigint * interval '1 microsecond')
where one
