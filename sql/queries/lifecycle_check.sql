-- scope: public
-- What must hold (design of the money side, I1 to I9; I13: invoices): a row for each thing that does not. I6 of the last seven
-- days. I10 is core/store/scan/agreement.h; I11 and I12 are of histories, and the answer names their tests
-- (api/money/subscription/check.c).
-- scan ledger_entry, orders, subscription, subscription_event, order_event, payment_return, payment, tenant: a check reads everything
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
    select q.*, lag(coalesce(q.closed_date, q.end_date)) over (partition by q.subscription_id order by q.n) as before
    from public.subscription_period q
    where q.closed_date is distinct from q.start_date) p
where p.before is not null
    and p.start_date > p.before
    and not exists (
        -- what was paid for it, or for one that another edition took the place of on its first day, took the subscription out of a shutdown
        select from public.subscription_event v
        join public.subscription_period r on r.subscription_id = v.subscription_id and r.order_id::text = v.ref
        where v.subscription_id = p.subscription_id
            and r.start_date = p.start_date
            and v.from_state in ('shutdown', 'cancelled'))
union all
select 'I2', 'subscription ' || s.id, 'paid until ' || s.paid_until_date || ', which is not the end of the last of its periods'
from public.subscription s
where exists (select from public.subscription_period q where q.subscription_id = s.id)
    and (
        not exists (
            select from public.subscription_period q
            where q.subscription_id = s.id
                and coalesce(q.closed_date, q.end_date) = s.paid_until_date
                -- the day on which a refund ended it before it began counts, too
                and (q.closed_date is distinct from q.start_date or q.closed_by = q.order_id))
        or exists (
            select from public.subscription_period q
            where q.subscription_id = s.id
                and q.closed_date is distinct from q.start_date
                and coalesce(q.closed_date, q.end_date) > s.paid_until_date))
union all
select 'I3', 'subscription ' || s.id, s.state || ' although paid until ' || s.paid_until_at
from public.subscription s
where s.quarantined_at is null
    and coalesce(s.next_action_at, 'infinity') > public.lifecycle_now()
    and ((s.state = 'active' and greatest(s.paid_until_at, s.hold_until) <= public.lifecycle_now())
        or (s.state in ('grace', 'shutdown') and s.paid_until_at > public.lifecycle_now() and not exists (
            -- who was refunded may be shut down within what he had paid, until he pays again; an override is grace in it
            select from public.subscription_event v
            where v.subscription_id = s.id and v.to_state = 'shutdown' and v.cause = 'refund' and not exists (
                select from public.subscription_event g
                where g.subscription_id = s.id and g.cause = 'payment' and g.id > v.id))))
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
            and split_part(a.window_code, '/', 1) = 'G-1'
            and a.status = 'done'
            and a.as_of <= v.at - interval '24 hours'
            -- of this end: what was said in an earlier period, or before it was put off (an override), was said of another
            and a.as_of >= (
                select max(g.at) from public.subscription_event g
                where g.subscription_id = v.subscription_id and g.to_state = 'grace' and g.at <= v.at))
union all
-- Decided is not said: of an end's final notice there is a message that left or may leave yet, or finance knew.
select 'I5', 'subscription ' || v.subscription_id, 'shut down at ' || v.at || case n.messages
        when 0 then ', nobody could be told, and no task says so'
        else ', its final notice arrived nowhere, and no task says so' end
from public.subscription_event v
cross join lateral (
    select a.period_no, 'sub:' || a.subscription_id || ':' || a.period_no || ':' || a.window_code as key, g.at as since
    from (
        select max(e.at) as at from public.subscription_event e
        where e.subscription_id = v.subscription_id and e.to_state = 'grace' and e.at <= v.at) g
    join public.lifecycle_action a on a.subscription_id = v.subscription_id
        and split_part(a.window_code, '/', 1) = 'G-1'
        and a.status = 'done'
        and a.as_of between g.at and v.at
    order by a.as_of desc
    limit 1) f
cross join lateral (
    select count(*) as messages, count(*) filter (where o.state not in ('dead', 'suppressed')) as alive
    from public.outbox o
    where o.action_key = f.key) n
where v.from_state = 'grace'
    and v.to_state = 'shutdown'
    and v.cause = 'scan'
    and n.alive = 0
    and not exists (
        select from public.finance_task k
        where k.kind = case n.messages when 0 then 'shutdown_untold' else 'notice_dead' end
            and k.ref = case n.messages when 0 then v.subscription_id || ':' || f.period_no else f.key end
            and k.created_at >= f.since)
union all
select 'I6', c.subject, c.detail
from public.claims_after_block(7) c
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
union all
select 'I13', 'invoices ' || coalesce(x.seller, i.seller) || '-' || coalesce(x.year, i.year), 'the last number given is ' || coalesce(x.last, 0)
    || ', there are ' || coalesce(i.count, 0) || ' up to ' || coalesce(i.most, 0)
from public.invoice_series x
full join (
    select n.seller, n.year, count(*) as count, max(n.n) as most
    from public.invoice n
    group by n.seller, n.year) i on i.seller = x.seller and i.year = x.year
where (x.last = i.count and x.last = i.most) is not true
union all
select 'I13', 'order ' || t.ref, 'no invoice of its ' || t.kind || ', and none to come'
from public.ledger_txn t
where t.kind in ('settle', 'refund')
    and not exists (select from public.invoice n where n.ledger_txn = t.id)
    and not exists (select from public.invoice_due d where d.ledger_txn = t.id)
union all
select 'I13', 'invoice ' || n.no, 'of ' || n.amount_minor || ', its order is of ' || o.amount_minor || ', credit notes take back ' || coalesce(k.amount, 0)
from public.invoice n
join public.orders o on o.id = n.order_id
left join (
    select c.of_invoice, sum(c.amount_minor) as amount
    from public.invoice c
    where c.of_invoice is not null
    group by c.of_invoice) k on k.of_invoice = n.id
where n.kind = 'invoice'
    and (n.amount_minor <> o.amount_minor or k.amount > n.amount_minor)
limit 1000
