-- scope: public
-- The newest version of each policy, and since when (us) it has had each of its windows; 0: always
select distinct on (p.code) p.code, array_to_string(p.before_days, ' '), p.prefill_days, p.send_from, p.send_to,
    p.shutdown_on_workday, p.calendar, w.since
from public.lifecycle_policy p
cross join lateral (
    select string_agg(coalesce((
            select (extract(epoch from max(q.created_at)) * 1000000)::bigint
            from public.lifecycle_policy q
            where q.code = p.code
                and q.ver between 2 and p.ver
                and b.days = any (q.before_days)
                and not exists (
                    select from public.lifecycle_policy o
                    where o.code = q.code and o.ver = q.ver - 1 and b.days = any (o.before_days))), 0)::text, ' ' order by b.n) as since
    from unnest(p.before_days) with ordinality b (days, n)) w
order by p.code, p.ver desc
