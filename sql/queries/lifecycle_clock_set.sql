-- scope: lifecycle
-- $1 as of (us): never back; $2 true: somebody has said that the clock is right as it is, whatever it was before
update public.scan_clock
set last_at = case
        when $2::boolean then public.lifecycle_now()
        else greatest(last_at, timestamptz 'epoch' + $1::bigint * interval '1 microsecond')
    end
where one
