-- scope: public
-- $1 order: the zone its days are counted in, and the days of the next weeks that are not what their weekday says (days
-- since 1970, in order; at least one row, whose day is null where there is none)
select coalesce(s.tz, c.tz), d.day - date '1970-01-01', d.is_workday
from public.orders o
join public.customer c on c.id = o.customer_id
join public.edition_version v on v.id = o.edition_version
left join public.subscription s on s.id = o.subscription_id
left join lateral (
    select q.calendar
    from public.lifecycle_policy q
    where q.code = coalesce(s.policy, (select e.policy from public.edition_reminder e where e.edition = v.edition), v.policy)
    order by q.ver desc
    limit 1) l on true
left join public.business_calendar d on d.code = l.calendar
    and d.day between (public.lifecycle_now() - interval '2 days')::date and (public.lifecycle_now() + interval '60 days')::date
where o.id = $1::uuid
order by d.day
