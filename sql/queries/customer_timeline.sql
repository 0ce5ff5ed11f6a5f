-- scope: public
-- $1 customer: everything that happened, newest first
-- scan: one customer's rows, each by an index
select public.utc_text(x.at), x.what, x.subject, x.detail
from (
    select e.at, 'order.' || e.event as what, o.no as subject, e.detail
    from public.orders o
    join public.order_event e on e.order_id = o.id
    where o.customer_id = $1::uuid
    union all
    select e.at, 'subscription.' || e.to_state, s.id::text, jsonb_build_object('from', e.from_state, 'cause', e.cause)
    from public.subscription s
    join public.subscription_event e on e.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select a.as_of, a.action || '.' || a.status, a.window_code, jsonb_build_object('due_at', public.utc_text(a.due_at))
    from public.subscription s
    join public.lifecycle_action a on a.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select p.recorded_at, 'payment.received', p.provider_txn, jsonb_build_object('amount_minor', p.amount_minor,
        'currency', p.currency, 'method', p.method)
    from public.orders o
    join public.payment p on p.claimed_order = o.id
    where o.customer_id = $1::uuid) x
order by x.at desc, x.what
limit 500
