-- scope: lifecycle
-- scan payment_event: an empty table is read whole; a full one by its index of what still has its bytes
-- The bytes of events that are 400 days old; the events stay for ever. $1 at a time.
with old as (
    select e.provider, e.event_id
    from public.payment_event e
    where e.raw is not null
        and e.received_at < now() - interval '400 days'
    order by e.received_at
    limit $1::integer
)
update public.payment_event e
set raw = null
from old o
where e.provider = o.provider
    and e.event_id = o.event_id
