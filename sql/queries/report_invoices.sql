-- scope: public
-- Invoices and credit notes by their day; what a credit note takes back is negative
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency
)
select i.issued_on, i.no, i.kind, x.no, o.no, i.parties #>> '{customer,name}', v.edition, k.sign * (i.amount_minor - i.tax_minor),
    k.sign * i.tax_minor, k.sign * i.amount_minor, i.currency, coalesce(f.status, 'none'), f.code, f.number, f.issued_on, i.seller, i.id
from p
join public.invoice i on i.issued_on between p.first and p.last
    and (p.currency is null or i.currency = p.currency)
join public.orders o on o.id = i.order_id
join public.edition_version v on v.id = o.edition_version
left join public.invoice x on x.id = i.of_invoice
left join public.invoice_fapiao f on f.invoice_id = i.id
cross join lateral (select case i.kind when 'invoice' then 1 else -1 end as sign) k
order by i.seller, i.year, i.n
