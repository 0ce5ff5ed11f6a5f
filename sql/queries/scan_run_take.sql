-- scope: lifecycle
-- The next scan that a person asked for, taken for ten minutes; begun: it was broken off after it had done something
with taken as (
    select r.id
    from public.scan_run r
    where r.state = 'requested'
        and (r.lease_until is null or r.lease_until <= clock_timestamp())
    order by r.started_at
    limit 1
    for no key update skip locked
)
update public.scan_run r
set lease_until = clock_timestamp() + interval '10 minutes'
from taken t
where r.id = t.id
returning r.id, (extract(epoch from r.as_of) * 1000000)::bigint, r.preview_digest, r.release_brake, r.accept_gap,
    exists (select from jsonb_each_text(r.counts) c where c.value::bigint > 0)
