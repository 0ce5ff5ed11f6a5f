-- scope: public
-- What must hold (design of the money side, I1 to I9): a row for each thing that does not. I6 is the claim's own
-- statement, I10 to I12 are tests': the answer names them (api/money/subscription/scan.c).
-- scan: a check reads everything
select 'I1' as rule, 'ledger ' || e.txn as subject, 'does not balance in ' || e.currency as detail
from public.ledger_entry e
group by e.txn, e.currency
having sum(e.amount_minor) <> 0
union all
select 'I1', 'customer ' || coalesce(a.customer, o.customer), 'receivable ' || coalesce(a.amount, 0) || ', open orders '
    || coalesce(o.amount, 0) || ' ' || coalesce(a.currency, o.currency)
from (
    select substr(e.account, 4) as customer, e.currency, sum(e.amount_minor) as amount
    from public.ledger_entry e
    where e.account like 'AR:%'
    group by 1, 2) a
full join (
    select o.customer_id::text as customer, o.currency, sum(o.amount_minor) as amount
    from public.orders o
    where o.state in ('pending_payment', 'payment_reported')
    group by 1, 2) o on o.customer = a.customer and o.currency = a.currency
where coalesce(a.amount, 0) <> coalesce(o.amount, 0)
union all
select 'I2', 'subscription ' || p.subscription_id, 'a gap from ' || p.before || ' to ' || p.start_date || ' before period ' || p.n
    || ' without a shutdown'
from (
    select q.*, lag(coalesce(q.closed_date, q.end_date)) over (partition by q.subscription_id order by q.n) as before,
        lag(q.end_at) over (partition by q.subscription_id order by q.n) as before_at
    from public.subscription_period q
    where q.closed_date is distinct from q.start_date) p
where p.before is not null
    and p.start_date > p.before
    and not exists (
        select from public.subscription_event v
        where v.subscription_id = p.subscription_id
            and v.to_state in ('shutdown', 'cancelled')
            and v.at >= p.before_at - interval '1 day'
            and v.at <= p.start_at + interval '1 day')
union all
select 'I2', 'subscription ' || s.id, 'paid until ' || s.paid_until_date || ', its last period says '
    || coalesce(p.closed_date, p.end_date)
from public.subscription s
join public.subscription_period p on p.subscription_id = s.id and p.n = s.period_no
where s.paid_until_date <> coalesce(p.closed_date, p.end_date)
union all
select 'I3', 'subscription ' || s.id, s.state || ' although paid until ' || s.paid_until_at
from public.subscription s
where s.quarantined_at is null
    and coalesce(s.next_action_at, 'infinity') > public.lifecycle_now()
    and ((s.state = 'active' and s.paid_until_at <= public.lifecycle_now())
        or (s.state = 'grace' and s.paid_until_at > public.lifecycle_now())
        or (s.state = 'shutdown' and s.paid_until_at > public.lifecycle_now() and not exists (
            -- who was refunded may be shut down within what he had paid
            select from public.subscription_event v
            where v.subscription_id = s.id and v.to_state = 'shutdown' and v.cause = 'refund' and v.at >= s.paid_from_at)))
union all
select 'I4', 'message ' || r.outbox_id, 'sent ' || count(*) || ' times'
from public.delivery_result r
join public.outbox o on o.id = r.outbox_id
where r.outcome = 'sent'
group by r.outbox_id, o.resends
having count(*) > 1 + o.resends
union all
select 'I5', 'subscription ' || v.subscription_id, 'shut down at ' || v.at || ' without a final notice a day before'
from public.subscription_event v
where v.from_state = 'grace'
    and v.to_state = 'shutdown'
    and v.cause = 'scan'
    and not exists (
        select from public.lifecycle_action a
        where a.subscription_id = v.subscription_id
            and a.window_code = 'G-1'
            and a.period_no = (
                select max(q.n) from public.subscription_period q
                where q.subscription_id = v.subscription_id and q.start_at <= v.at)
            and a.status = 'done'
            and a.as_of <= v.at - interval '24 hours')
union all
select 'I7', 'order ' || e.order_id, 'went from ' || e.from_state || ' to ' || e.to_state
from public.order_event e
where e.from_state in ('paid', 'activating', 'active', 'activation_failed', 'refunded')
    and e.to_state in ('draft', 'pending_payment', 'payment_reported', 'cancelled', 'expired')
union all
select 'I8', 'payment ' || p.id, 'applied more than it is'
from public.payment p
join public.payment_application a on a.payment_id = p.id
group by p.id
having sum(a.amount_minor) > p.amount_minor + public.payment_voided(p.id)
union all
select 'I8', 'payment ' || p.id, 'gave back ' || sum(r.amount_minor) || ' of ' || p.amount_minor
from public.payment p
join public.payment_return r on r.payment_id = p.id
group by p.id
having sum(r.amount_minor) > p.amount_minor
union all
select 'I8', 'order ' || a.order_id, 'payment ' || a.payment_id || ' gave back ' || sum(r.amount_minor) || ' of the ' || a.amount_minor
    || ' that settled it'
from public.payment_application a
join public.payment_return r on r.payment_id = a.payment_id and r.order_id = a.order_id
group by a.order_id, a.payment_id, a.amount_minor
having sum(r.amount_minor) > a.amount_minor
union all
select 'I8', 'order ' || o.id, 'refunded ' || o.refunded_minor || ', its payments gave back ' || coalesce(r.amount, 0)
from public.orders o
left join (
    select b.order_id, sum(b.amount_minor) as amount
    from public.payment_return b
    where b.order_id is not null
    group by b.order_id) r on r.order_id = o.id
where o.refunded_minor <> coalesce(r.amount, 0)
union all
select 'I8', 'customer ' || coalesce(c.customer, b.customer), 'credit ' || coalesce(b.amount, 0) || ' ' || coalesce(c.currency, b.currency)
    || ' in the ledger, ' || coalesce(c.amount, 0) || ' of his payments'
from (
    select o.customer_id::text as customer, p.currency, sum(public.payment_credit(p.id)) as amount
    from public.payment p
    join lateral (select a.order_id from public.payment_application a where a.payment_id = p.id limit 1) x on true
    join public.orders o on o.id = x.order_id
    group by o.customer_id, p.currency) c
full join (
    select substr(e.account, 17) as customer, e.currency, -sum(e.amount_minor) as amount
    from public.ledger_entry e
    where e.account like 'CUSTOMER_CREDIT:%'
    group by e.account, e.currency) b on b.customer = c.customer and b.currency = c.currency
where coalesce(c.amount, 0) <> coalesce(b.amount, 0)
union all
select 'I9', 'tenant ' || t.id, 'state ' || t.state || ', its strongest block is of level ' || coalesce(b.level, 0)
from public.tenant t
left join lateral (
    select max(k.level) as level
    from public.tenant_block k
    where k.tenant_id = t.id and k.released_at is null) b on true
where t.state not in ('provisioning', 'terminated')
    and (t.run_allowed <> (coalesce(b.level, 0) < 2) or t.write_allowed <> (coalesce(b.level, 0) < 3)
        or t.login_allowed <> (coalesce(b.level, 0) < 4))
limit 1000
