-- scope: public
-- $1 before this id, $2 how many
select f.id, jsonb_build_object('id', f.id, 'kind', f.kind, 'ref', f.ref, 'customer_id', f.customer_id,
    'order_id', f.order_id, 'payment_id', f.payment_id, 'detail', f.detail, 'created_at', public.utc_text(f.created_at))
from public.finance_task f
where f.done_at is null
    and ($1::uuid is null or f.id < $1::uuid)
order by f.id desc
limit $2::integer
