-- scope: public
-- Payments by the day they came: applied + credit + unapplied is what came, less what went back without having settled anything
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select (y.received_at at time zone p.zone)::date, public.utc_text(y.recorded_at), y.provider, y.provider_txn, y.method, o.no, c.name,
    y.amount_minor, coalesce(a.amount, 0) - public.payment_voided(y.id), coalesce(public.payment_credit(y.id), 0),
    case when a.amount is null then y.amount_minor - coalesce(r.amount, 0) else 0 end, coalesce(r.amount, 0), y.currency, y.id
from p
join public.payment y on y.received_at >= p.from_at
    and y.received_at < p.to_at
    and (p.currency is null or y.currency = p.currency)
left join public.orders o on o.id = y.claimed_order
left join public.customer c on c.id = o.customer_id
left join lateral (select sum(x.amount_minor) as amount from public.payment_application x where x.payment_id = y.id) a on true
left join lateral (select sum(x.amount_minor) as amount from public.payment_return x where x.payment_id = y.id) r on true
order by y.received_at, y.id
