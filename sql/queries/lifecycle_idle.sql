-- scope: lifecycle
-- Is there anything for a tick to do: a payment that was told, a scan that was asked for, a subscription or an order that
-- is due, a posting to be invoiced, or was the last scan's moment ten minutes ago? And for the deliveries? And how many seconds late
-- is the oldest due subscription? Each is one look into a partial index.
-- scan scan_clock, invoice_due, policy_wake: one row, and what came in the last minute
select c.last_at < c.now - interval '10 minutes'
        or exists (select from public.payment_event e where e.status = 'received' and e.next_at <= now())
        or exists (select from public.scan_run r where r.state = 'requested' and (r.lease_until is null or r.lease_until <= clock_timestamp()))
        or exists (select from public.invoice_due)
        or exists (select from public.policy_wake w where w.due_at <= c.now)
        or exists (
            select from public.subscription s
            where s.next_action_at <= c.now
                and s.quarantined_at is null)
        or exists (
            select from public.orders o
            where o.state = 'draft'
                and o.publish_at <= c.now
                and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > c.now))
        or exists (
            select from public.orders o
            where o.state in ('activating', 'activation_failed')
                and o.attempt_at <= c.now - interval '30 seconds'
                and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > c.now))
        or exists (
            select from public.orders o
            where o.state in ('draft', 'pending_payment')
                and o.expires_at <= c.now
                and not exists (select from public.order_retry t where t.order_id = o.id and t.next_at > c.now)
                and not exists (
                    select from public.payment p
                    where p.claimed_order = o.id
                        and not exists (select from public.payment_return r where r.payment_id = p.id)
                        and not exists (select from public.payment_application a where a.payment_id = p.id))),
    exists (
        select from public.outbox o
        where o.state in ('pending', 'retry', 'sending')
            and o.next_at <= c.now
            and (o.state <> 'sending' or o.lease_until <= clock_timestamp())),
    (
        select greatest(0, extract(epoch from c.now - min(s.next_action_at)))::bigint
        from public.subscription s
        where s.next_action_at is not null
            and s.quarantined_at is null)
from (select public.lifecycle_now() as now, k.last_at from public.scan_clock k) c
