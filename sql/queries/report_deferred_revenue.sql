-- scope: public
-- What was paid for and is not earned yet at the end of a day: net + moved = recognised + deferred
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select o.no, c.name, v.edition, r.period_no, r.paid_on, r.start_date, r.end_date, r.net_minor, r.moved_minor, r.recognised_minor,
    r.deferred_minor, r.currency, o.id
from p
cross join lateral public.revenue_lines(p.as_of) r
join public.orders o on o.id = r.order_id
join public.customer c on c.id = o.customer_id
join public.edition_version v on v.id = o.edition_version
where p.zone is not null
    and (p.currency is null or r.currency = p.currency)
order by r.paid_on, o.id
