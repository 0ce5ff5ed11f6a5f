-- scope: public
-- Orders by the day they were made
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select o.no, public.utc_text(o.created_at), o.kind, o.state, c.name, v.edition, v.ver, o.quantity, o.period_no,
    (select (min(e.at) at time zone p.zone)::date from public.order_event e where e.order_id = o.id and e.to_state = 'paid'),
    o.amount_minor, o.tax_minor, o.refunded_minor, o.currency, o.id
from p
join public.orders o on o.created_at >= p.from_at
    and o.created_at < p.to_at
    and (p.currency is null or o.currency = p.currency)
join public.customer c on c.id = o.customer_id
join public.edition_version v on v.id = o.edition_version
order by o.created_at, o.id
