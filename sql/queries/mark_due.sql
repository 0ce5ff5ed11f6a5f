-- scope: public
-- Tenants with a mark that is not in the future, and when the next one falls due: $1 how many.
select t.schema, t.stripe, t.id,
    (select min(n.minute) from public.mark n where n.minute > now()),
    t.weight, t.concurrency_limit, t.paused or not t.run_allowed
from (
    select m.tenant_id
    from public.mark m
    where m.minute <= now()
    group by m.tenant_id
    limit $1::integer
) d
join public.tenant t on t.id = d.tenant_id
