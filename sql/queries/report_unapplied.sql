-- scope: public
-- Money that waited for a person at the end of a day
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select (y.received_at at time zone p.zone)::date, p.as_of - (y.received_at at time zone p.zone)::date, y.provider, y.provider_txn,
    coalesce(o.no, y.external_ref), c.name,
    (select f.kind from public.finance_task f where f.payment_id = y.id order by f.created_at, f.id limit 1),
    y.amount_minor, y.currency, y.id
from p
join public.payment y on y.recorded_at < p.end_at
    and (p.currency is null or y.currency = p.currency)
left join public.orders o on o.id = y.claimed_order
left join public.customer c on c.id = o.customer_id
where not exists (select from public.payment_application a where a.payment_id = y.id and a.applied_at < p.end_at)
    and not exists (select from public.payment_return r where r.payment_id = y.id and r.recorded_at < p.end_at)
order by y.received_at, y.id
