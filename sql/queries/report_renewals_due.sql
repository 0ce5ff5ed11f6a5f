-- scope: public
-- Periods that end, and whether their renewal is on its way, with its edition, which need not be the one that ends; what costs one that is not drafted is what its draft will ask for
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select s.paid_until_date, c.name, coalesce(a.edition, n.edition), s.state, o.no, o.state, s.cancel_at_period_end, public.utc_text(s.hold_until),
    public.utc_text(s.shutdown_due_at), coalesce(o.amount_minor, public.price_total(n.price_minor, n.tax_bp, n.tax_inclusive)), coalesce(o.currency, n.currency), s.id
from p
join public.subscription s on s.paid_until_date between p.first and p.last
    and s.state in ('active', 'grace')
join public.customer c on c.id = s.customer_id
join public.edition_version w on w.id = coalesce(s.next_edition_version, s.edition_version)
join public.edition_version n on n.id = case when w.sold_to is null then w.id else public.renewal_version(w.id) end
left join public.orders o on o.subscription_id = s.id
    and o.kind = 'renewal'
    and o.period_no = s.period_no + 1
    and o.state not in ('cancelled', 'expired')
left join public.edition_version a on a.id = o.edition_version
where p.as_of is not null
    and (p.currency is null or coalesce(o.currency, n.currency) = p.currency)
order by s.paid_until_date, s.id
