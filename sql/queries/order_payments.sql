-- scope: public
-- $1 order: what came for it, and what it took of each payment (0: it waits, went back, or settled another order), oldest first
select jsonb_build_object('id', p.id, 'provider', p.provider, 'provider_txn', p.provider_txn, 'method', p.method,
    'amount', jsonb_build_object('amount_minor', p.amount_minor, 'currency', p.currency),
    'applied', jsonb_build_object('amount_minor', coalesce(b.amount_minor, 0), 'currency', p.currency),
    'received_on', (p.received_at at time zone public.platform_zone())::date,
    'state', case
        when exists (select from public.payment_application a where a.payment_id = p.id) then 'applied'
        when exists (select from public.payment_return r where r.payment_id = p.id) then 'returned'
        else 'unapplied'
    end)
from (
    select y.id
    from public.payment y
    where y.claimed_order = $1::uuid
    union
    select a.payment_id
    from public.payment_application a
    where a.order_id = $1::uuid) f
join public.payment p on p.id = f.id
left join public.payment_application b on b.payment_id = p.id and b.order_id = $1::uuid
order by p.received_at, p.id
