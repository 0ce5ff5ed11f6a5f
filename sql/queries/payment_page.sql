-- scope: public
-- $1 before this id, $2 how many, $3 only what waits for a person (unapplied), or of which something is left as credit (credit),
-- $4 only this one.
-- Whose and for what: the orders that it settled, else the one that it is said to be for. The day is the platform's, as the statement has it.
select p.id, jsonb_build_object('id', p.id, 'provider', p.provider, 'provider_txn', p.provider_txn, 'method', p.method,
    'amount', jsonb_build_object('amount_minor', p.amount_minor, 'currency', p.currency),
    'received_at', public.utc_text(p.received_at), 'reference', p.external_ref, 'evidence_sha256', p.evidence_sha256,
    'received_on', (p.received_at at time zone public.platform_zone())::date,
    'order_id', p.claimed_order, 'orders', x.numbers, 'customer', x.customer, 'recorded_at', public.utc_text(p.recorded_at),
    'state', case
        when exists (select from public.payment_application a where a.payment_id = p.id) then 'applied'
        when exists (select from public.payment_return r where r.payment_id = p.id) then 'returned'
        else 'unapplied'
    end,
    'credit', jsonb_build_object('amount_minor', coalesce(public.payment_credit(p.id), 0), 'currency', p.currency),
    'task', (select jsonb_build_object('id', f.id, 'kind', f.kind, 'detail', f.detail) from public.finance_task f
        where f.ref = p.id::text and f.done_at is null limit 1))
from public.payment p
cross join lateral (
    select coalesce(jsonb_agg(o.no order by o.no), '[]') as numbers, min(c.name) as customer
    from (
        select a.order_id
        from public.payment_application a
        where a.payment_id = p.id
        union all
        select p.claimed_order
        where not exists (select from public.payment_application a where a.payment_id = p.id)) f
    join public.orders o on o.id = f.order_id
    join public.customer c on c.id = o.customer_id) x
where ($1::uuid is null or p.id < $1::uuid)
    and ($4::uuid is null or p.id = $4::uuid)
    and case $3
        when 'unapplied' then not exists (select from public.payment_application a where a.payment_id = p.id)
            and not exists (select from public.payment_return r where r.payment_id = p.id)
        when 'credit' then public.payment_credit(p.id) > 0
        else true
    end
order by p.id desc
limit $2::integer
