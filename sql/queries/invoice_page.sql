-- scope: public
-- $1 before this posting, $2 how many, $3 invoice or credit_note, $4 customer, $5 order, $6 none, requested, issued or red_lettered,
-- $7 only this one, by its number or id, $8 of this tenant, $9 who asks for it: he also sees what he ordered himself and what has no
-- tenant yet
select i.ledger_txn, public.invoice_json(i.id)
from public.invoice i
join public.orders o on o.id = i.order_id
left join public.invoice_fapiao f on f.invoice_id = i.id
where ($1::bigint is null or i.ledger_txn < $1::bigint)
    and ($3::text is null or i.kind = $3)
    and ($4::uuid is null or i.customer_id = $4::uuid)
    and ($5::uuid is null or i.order_id = $5::uuid)
    and ($6::text is null or coalesce(f.status, 'none') = $6)
    and ($7::text is null or i.no = $7 or i.id::text = $7)
    and ($8::uuid is null or o.tenant_id = $8::uuid
        or o.subscription_id = (select s.id from public.subscription s where s.tenant_id = $8::uuid)
        or (o.tenant_id is null
            and o.customer_id = (select c.id from public.customer c where c.user_id = $9::uuid)
            and not exists (
                select from public.subscription s
                where s.id = o.subscription_id and s.tenant_id is not null)))
order by i.ledger_txn desc
limit $2::integer
