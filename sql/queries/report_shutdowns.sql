-- scope: public
-- Who was shut down, why, and when that ended
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select public.utc_text(e.at), c.name, v.edition, e.from_state, e.to_state, e.cause, u.email,
    (select coalesce(q.closed_date, q.end_date) from public.subscription_period q
        where q.subscription_id = s.id and q.start_at <= e.at order by q.n desc limit 1),
    (select public.utc_text(max(a.as_of)) from public.lifecycle_action a
        where a.subscription_id = s.id and split_part(a.window_code, '/', 1) = 'G-1' and a.status = 'done' and a.as_of <= e.at),
    (select public.utc_text(min(b.at)) from public.subscription_event b
        where b.subscription_id = s.id and b.id > e.id and b.to_state in ('active', 'grace')),
    s.tenant_id, s.id
from p
join public.subscription_event e on e.at >= p.from_at
    and e.at < p.to_at
    and e.to_state in ('shutdown', 'cancelled', 'terminated')
join public.subscription s on s.id = e.subscription_id
join public.customer c on c.id = s.customer_id
join public.edition_version v on v.id = s.edition_version
left join public.app_user u on u.id = e.actor
where p.currency is null
    or v.currency = p.currency
order by e.at, e.id
