-- scope: public
-- Renewals by the day they were paid, and what the vendor's people did about each by hand
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select (e.at at time zone p.zone)::date, o.no, c.name, o.period_no,
    (select string_agg(distinct y.provider, ' ' order by y.provider) from public.payment_application a
        join public.payment y on y.id = a.payment_id where a.order_id = o.id),
    k.count, k.acts, o.amount_minor, o.currency, o.id
from p
join public.order_event e on e.to_state = 'paid'
    and e.at >= p.from_at
    and e.at < p.to_at
join public.orders o on o.id = e.order_id
    and o.kind = 'renewal'
    and (p.currency is null or o.currency = p.currency)
join public.customer c on c.id = o.customer_id
cross join lateral (
    select count(*) as count, string_agg(t.act, ' ' order by t.at, t.act) as acts
    from public.order_touches(o.id) t) k
order by e.at, o.id
