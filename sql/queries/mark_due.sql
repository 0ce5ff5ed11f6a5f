-- scope: public
-- Tenants with a mark that is not in the future, and when the next one falls due: $1 how many, $2 the tenant
-- that was visited last (null: begin again). In the order of their ids, so that nobody is passed over while
-- more are marked than one visit sees.
select t.schema, t.stripe, t.id,
    (select min(n.minute) from public.mark n where n.minute > now()),
    t.weight, t.concurrency_limit, t.paused or t.state <> 'active'
from (
    select m.tenant_id
    from public.mark m
    where m.minute <= now()
        and m.tenant_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    group by m.tenant_id
    order by m.tenant_id
    limit $1::integer
) d
join public.tenant t on t.id = d.tenant_id
order by d.tenant_id
