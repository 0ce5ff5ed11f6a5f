-- scope: public
-- Tenants with a mark that is not in the future, in the order of their ids: $1 how many, $2 behind which
-- (null: from the first). With each in which second the next mark falls due, its limits (tenant_limits.h), and which life of
-- the database this is; may it not run, and if that is for want of money, is the time over that runs have to end, and
-- the time that what waits is kept? Where there are none, one row that says only the second and the life.
select t.schema, t.stripe, t.id, n.next_s, t.weight, t.concurrency_limit, t.rate_per_s,
    t.paused or not t.run_allowed, public.queue_limit_text(t.id), t.revision, n.incarnation,
    not t.run_allowed, k.since <= now() - make_interval(mins => coalesce((w.value ->> 'drain_minutes')::integer, 30)),
    k.since <= now() - make_interval(hours => coalesce((w.value ->> 'held_hours')::integer, 72))
from (
    select extract(epoch from min(m.minute))::bigint as next_s, public.database_incarnation() as incarnation
    from public.mark m
    where m.minute > now()
) n
left join lateral (
    select m.tenant_id
    from public.mark m
    where m.minute <= now()
        and ($2::uuid is null or m.tenant_id > $2::uuid)
    group by m.tenant_id
    order by m.tenant_id
    limit $1::integer
) d on true
left join public.tenant t on t.id = d.tenant_id
left join lateral (
    select min(b.from_at) as since
    from public.tenant_block b
    where not t.run_allowed
        and b.tenant_id = t.id
        and b.source = 'billing'
        and b.level >= 2
        and b.released_at is null) k on true
left join public.platform_setting w on w.key = 'shutdown'
order by t.id
