-- scope: lifecycle
-- Orders whose time has come: what to do and the order; $1 how many of each. Those that are paid come first, and none stands
-- in the way of another kind, nor one that fails in the way of those behind it.
-- scan edition_version: a table of tens of rows
(
    select 'activate', o.id
    from public.orders o
    where o.state in ('activating', 'activation_failed')
        and o.attempt_at <= public.lifecycle_now() - interval '30 seconds'
        and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > public.lifecycle_now())
    order by greatest(o.attempt_at, (select t.next_at from public.order_retry t where t.order_id = o.id)), o.id
    limit $1::integer
)
union all
(
    select 'publish', o.id
    from public.orders o
    where o.state = 'draft'
        and o.publish_at <= public.lifecycle_now()
        and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > public.lifecycle_now())
    order by greatest(o.publish_at, (select t.next_at from public.order_retry t where t.order_id = o.id)), o.id
    limit $1::integer
)
union all
(
    select case when public.renewal_payable_until(o.id) > public.lifecycle_now() then 'later' else 'expire' end, o.id
    from public.orders o
    where o.state in ('draft', 'pending_payment')
        and o.expires_at <= public.lifecycle_now()
        and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > public.lifecycle_now())
        and not exists (
            select from public.payment p
            where p.claimed_order = o.id
                and not exists (select from public.payment_return r where r.payment_id = p.id)
                and not exists (select from public.payment_application a where a.payment_id = p.id))
    order by greatest(o.expires_at, (select t.next_at from public.order_retry t where t.order_id = o.id)), o.id
    limit $1::integer
)
union all
(
    -- Renewals that were not paid in time, of versions that were followed by another.
    select 'reprice', o.id
    from public.edition_version v
    join public.orders o on o.edition_version = v.id
        and o.kind = 'renewal'
        and o.state = 'pending_payment'
        and o.expires_at <= public.lifecycle_now() + make_interval(days => v.grace_days + v.retention_days)
    join public.subscription s on s.id = o.subscription_id
        and s.period_no + 1 = o.period_no
        and s.paid_until_at <= public.lifecycle_now()
    where v.sold_to <= public.lifecycle_now()
        and public.renewal_version(v.id) <> v.id
        and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > public.lifecycle_now())
        and not exists (
            select from public.payment p
            where p.claimed_order = o.id
                and not exists (select from public.payment_return r where r.payment_id = p.id)
                and not exists (select from public.payment_application a where a.payment_id = p.id))
    order by greatest(o.expires_at, (select t.next_at from public.order_retry t where t.order_id = o.id)), o.id
    limit $1::integer
)
