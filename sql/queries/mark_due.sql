-- scope: public
-- Tenants with a mark that is not in the future, in the order of their ids: $1 how many, $2 behind which
-- (null: from the first). With each when the next mark falls due, and its limits (tenant_limits.h).
select t.schema, t.stripe, t.id,
    (select min(n.minute) from public.mark n where n.minute > now()),
    t.weight, t.concurrency_limit, t.rate_per_s, t.paused or not t.run_allowed,
    public.queue_limit_text(t.id)
from (
    select m.tenant_id
    from public.mark m
    where m.minute <= now()
        and ($2::uuid is null or m.tenant_id > $2::uuid)
    group by m.tenant_id
    order by m.tenant_id
    limit $1::integer
) d
join public.tenant t on t.id = d.tenant_id
order by t.id
