-- scope: public
-- Workers that have not been heard of are dead (25 s while they hold work, 150 s otherwise). All that are known, each with:
-- was it buried just now, does it live? What runs elsewhere is to be reclaimed, however long ago its worker died.
-- scan worker: there are as many rows as worker processes of two days
with buried as (
    update public.worker
    set state = 'dead'
    where state in ('active', 'draining')
        and (heartbeat_at < now() - interval '150 seconds'
            or (busy > 0 and heartbeat_at < now() - interval '25 seconds'))
    returning id
), forgotten as (
    delete from public.worker
    where state in ('dead', 'stopped')
        and heartbeat_at < now() - interval '2 days'
)
select w.id, b.id is not null, b.id is null and w.state in ('active', 'draining')
from public.worker w
left join buried b on b.id = w.id
