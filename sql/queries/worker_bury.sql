-- scope: public
-- Workers that have not been heard of are dead (25 s while they hold work, 150 s otherwise); all that
-- died or stopped within a day are returned, because their jobs are to be reclaimed.
-- scan worker: there are as many rows as worker processes of two days
with buried as (
    update public.worker
    set state = 'dead'
    where state in ('active', 'draining')
        and (heartbeat_at < now() - interval '150 seconds'
            or (busy > 0 and heartbeat_at < now() - interval '25 seconds'))
    returning id, host, pid
), forgotten as (
    delete from public.worker
    where state in ('dead', 'stopped')
        and heartbeat_at < now() - interval '2 days'
)
select w.id, b.id is not null
from public.worker w
left join buried b on b.id = w.id
where b.id is not null
    or (w.state in ('dead', 'stopped') and w.heartbeat_at > now() - interval '1 day')
