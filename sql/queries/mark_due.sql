-- scope: public
-- Tenants with a mark that is not in the future, and in which second the next one falls due: $1 how many. One row
-- without a tenant when there are none.
select t.schema, t.stripe, t.id, n.next_s, t.weight, t.concurrency_limit,
    t.paused or t.state <> 'active'
from (
    select extract(epoch from min(m.minute))::bigint as next_s
    from public.mark m
    where m.minute > now()
) n
left join lateral (
    select m.tenant_id
    from public.mark m
    where m.minute <= now()
    group by m.tenant_id
    limit $1::integer
) d on true
left join public.tenant t on t.id = d.tenant_id
