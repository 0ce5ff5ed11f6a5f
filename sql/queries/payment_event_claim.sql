-- scope: lifecycle
-- $1 how many: the oldest events that wait, put off for a minute so that nobody else takes them meanwhile
with taken as (
    select e.provider, e.event_id
    from public.payment_event e
    where e.status = 'received'
        and e.next_at <= now()
    order by e.next_at
    limit $1::integer
    for update skip locked
)
update public.payment_event e
set next_at = now() + interval '1 minute',
    attempts = e.attempts + 1
from taken t
where e.provider = t.provider
    and e.event_id = t.event_id
returning e.provider, e.event_id
