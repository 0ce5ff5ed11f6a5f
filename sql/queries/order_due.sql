-- scope: lifecycle
-- Orders whose time has come: what to do and the order; $1 how many
select 'publish', o.id
from public.orders o
where o.state = 'draft'
    and o.publish_at <= public.lifecycle_now()
union all
select 'expire', o.id
from public.orders o
where o.state in ('draft', 'pending_payment')
    and o.expires_at <= public.lifecycle_now()
    and not exists (
        select from public.payment p
        where p.claimed_order = o.id
            and not exists (select from public.payment_return r where r.payment_id = p.id)
            and not exists (select from public.payment_application a where a.payment_id = p.id))
union all
select 'activate', o.id
from public.orders o
where o.state in ('activating', 'activation_failed')
    and o.attempt_at <= public.lifecycle_now() - interval '30 seconds'
limit $1::integer
