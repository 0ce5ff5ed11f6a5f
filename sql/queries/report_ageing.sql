-- scope: public
-- What was owed at the end of a day, by how long it had been
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select o.no, c.name, o.kind, s.since, p.as_of - s.since,
    case when p.as_of - s.since <= 30 then o.amount_minor else 0 end,
    case when p.as_of - s.since between 31 and 60 then o.amount_minor else 0 end,
    case when p.as_of - s.since between 61 and 90 then o.amount_minor else 0 end,
    case when p.as_of - s.since > 90 then o.amount_minor else 0 end,
    o.amount_minor, o.currency, o.id
from p
join public.orders o on o.created_at < p.end_at
    and (p.currency is null or o.currency = p.currency)
join public.customer c on c.id = o.customer_id
cross join lateral (
    select e.to_state from public.order_event e
    where e.order_id = o.id and e.at < p.end_at
    order by e.id desc
    limit 1) l
cross join lateral (
    select (min(e.at) at time zone p.zone)::date as since
    from public.order_event e
    where e.order_id = o.id and e.to_state = 'pending_payment') s
where l.to_state in ('pending_payment', 'payment_reported')
order by s.since, o.id
