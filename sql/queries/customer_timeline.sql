-- scope: public
-- $1 customer, $2 before this moment (us) and $3 this key, $4 how many: everything that happened, newest first, with
-- who did it (null: by itself). Of the audit only what no other branch has.
with mine as materialized (
    select 'customer' as kind, $1::uuid::text as ref, null as name, null as currency
    union
    select 'order', o.id::text, o.no, o.currency
    from public.orders o
    where o.customer_id = $1::uuid
    union
    select 'payment', y.id::text, y.provider_txn, y.currency
    from public.orders o
    join public.payment y on y.claimed_order = o.id
    where o.customer_id = $1::uuid
    union
    select 'payment', y.id::text, y.provider_txn, y.currency
    from public.orders o
    join public.payment_application a on a.order_id = o.id
    join public.payment y on y.id = a.payment_id
    where o.customer_id = $1::uuid
    union
    select 'subscription', s.id::text, s.id::text, null
    from public.subscription s
    where s.customer_id = $1::uuid
    union
    select 'tenant', s.tenant_id::text, s.tenant_id::text, null
    from public.subscription s
    where s.customer_id = $1::uuid
        and s.tenant_id is not null
),
asked as materialized (
    select r.id, r.created_at, r.requester, m.name, jsonb_strip_nulls(jsonb_build_object('act', r.action, 'amount_minor', r.params -> 'amount_minor',
        'currency', case when r.params ? 'amount_minor' then coalesce(r.params ->> 'currency', m.currency) end)) as act, r.reason
    from mine m
    join public.approval_request r
        on coalesce(r.params ->> 'order', r.params ->> 'payment', r.params ->> 'subscription', r.params ->> 'tenant') = m.ref
    where m.kind <> 'customer'
)
select (extract(epoch from x.at) * 1000000)::bigint || '|' || x.key,
    jsonb_build_object('at', public.utc_text(x.at), 'what', x.what, 'subject', x.subject, 'who', u.email, 'detail', x.detail)
from (
    select e.at, 'order.' || e.event as what, o.no as subject, e.actor, e.detail, 'o' || e.id as key
    from public.orders o
    join public.order_event e on e.order_id = o.id
    where o.customer_id = $1::uuid
    union all
    select y.recorded_at, case when exists (select from public.payment_application a where a.payment_id = y.id)
            then 'payment.received' else 'payment.unapplied' end, y.provider_txn, y.recorded_by,
        jsonb_build_object('amount_minor', y.amount_minor, 'currency', y.currency, 'method', y.method, 'order', o.no), 'p' || y.id
    from public.orders o
    join public.payment y on y.claimed_order = o.id
    where o.customer_id = $1::uuid
    union all
    select r.recorded_at, 'payment.returned', r.reference, r.recorded_by,
        jsonb_build_object('amount_minor', r.amount_minor, 'currency', o.currency, 'order', o.no, 'reason', r.reason), 'r' || r.id
    from public.orders o
    join public.payment_application a on a.order_id = o.id
    join public.payment_return r on r.payment_id = a.payment_id
    where o.customer_id = $1::uuid
    union all
    select r.recorded_at, 'payment.returned', r.reference, r.recorded_by,
        jsonb_build_object('amount_minor', r.amount_minor, 'currency', y.currency, 'order', o.no, 'reason', r.reason), 'v' || r.id
    from public.orders o
    join public.payment y on y.claimed_order = o.id
    join public.payment_return r on r.payment_id = y.id
    where o.customer_id = $1::uuid
        and not exists (select from public.payment_application a where a.payment_id = y.id)
    union all
    select e.at, 'period.paid', q.start_date || ' – ' || coalesce(q.closed_date, q.end_date), null,
        jsonb_build_object('n', q.n, 'order', o.no, 'amount_minor', q.amount_minor, 'currency', q.currency), 'q' || q.order_id
    from public.orders o
    join public.subscription_period q on q.order_id = o.id
    cross join lateral (select min(x.at) as at from public.order_event x where x.order_id = o.id and x.to_state = 'paid') e
    where o.customer_id = $1::uuid
        and e.at is not null
    union all
    select e.at, 'subscription.' || e.to_state, s.id::text, e.actor,
        jsonb_build_object('from', e.from_state, 'cause', e.cause), 's' || e.id
    from public.subscription s
    join public.subscription_event e on e.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select h.created_at, 'hold.' || h.kind, h.reason, h.actor, jsonb_build_object('until', public.utc_text(h.until_at)), 'h' || h.id
    from public.subscription s
    join public.hold h on h.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select h.released_at, 'hold.released', h.reason, h.released_by, jsonb_build_object('kind', h.kind), 'i' || h.id
    from public.subscription s
    join public.hold h on h.subscription_id = s.id
    where s.customer_id = $1::uuid
        and h.released_at is not null
    union all
    select n.recorded_at, 'notice.recorded', n.reference, n.recorded_by, jsonb_build_object('given_at', public.utc_text(n.given_at),
        'method', n.method, 'recipient', n.recipient, 'evidence_sha256', n.evidence_sha256), 'n' || n.id
    from public.subscription s
    join public.termination_notice n on n.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select b.from_at, 'block.' || b.source, b.reason_code, null, jsonb_build_object('level', b.level, 'tenant', b.tenant_id), 'b' || b.id
    from public.subscription s
    join public.tenant_block b on b.tenant_id = s.tenant_id
    where s.customer_id = $1::uuid
    union all
    select b.released_at, 'block.released', b.reason_code, b.released_by, jsonb_build_object('source', b.source), 'c' || b.id
    from public.subscription s
    join public.tenant_block b on b.tenant_id = s.tenant_id
    where s.customer_id = $1::uuid
        and b.released_at is not null
    union all
    select a.as_of, a.action || '.' || a.status, a.window_code, null,
        jsonb_build_object('due_at', public.utc_text(a.due_at), 'period', a.period_no),
        'a' || a.subscription_id || '/' || a.period_no || '/' || a.action || '/' || a.window_code
    from public.subscription s
    join public.lifecycle_action a on a.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select coalesce(b.ended_at, b.created_at), 'message.' || b.state, b.endpoint, null,
        jsonb_build_object('event', b.event, 'channel', b.channel, 'reason', b.reason), 'm' || b.id
    from public.subscription s
    join public.outbox b on b.subscription_id = s.id
    where s.customer_id = $1::uuid
    union all
    select n.created_at, case n.kind when 'invoice' then 'invoice.issued' else 'invoice.credited' end, n.no, null,
        jsonb_build_object('order', o.no, 'amount_minor', n.amount_minor, 'currency', n.currency), 'w' || n.id
    from public.invoice n
    join public.orders o on o.id = n.order_id
    where n.customer_id = $1::uuid
    union all
    select f.set_at, 'fapiao.' || f.status, n.no, f.set_by, jsonb_build_object('code', f.code, 'number', f.number, 'reason', f.reason),
        'x' || n.id
    from public.invoice n
    join public.invoice_fapiao f on f.invoice_id = n.id
    where n.customer_id = $1::uuid
    union all
    select f.created_at, 'task.' || f.kind, f.ref, null, '{}'::jsonb, 't' || f.id
    from public.finance_task f
    where f.customer_id = $1::uuid
    union all
    select f.done_at, 'task.done', f.ref, f.done_by, jsonb_build_object('kind', f.kind, 'outcome', f.outcome), 'u' || f.id
    from public.finance_task f
    where f.customer_id = $1::uuid
        and f.done_at is not null
    union all
    select a.at, a.action, m.name, a.actor, a.detail, 'g' || a.id
    from mine m
    join public.platform_audit a on a.subject = m.ref
    where a.kind = 'money'
        and a.subject_kind in ('customer', 'subscription')
        and a.action not in ('hold.added', 'hold.released', 'subscription.extended', 'subscription.notice_recorded',
            'subscription.overridden', 'subscription.terminated')
    union all
    select k.created_at, 'approval.requested', k.name, k.requester, k.act || jsonb_build_object('approval', k.id, 'reason', k.reason), 'd' || k.id
    from asked k
    union all
    select v.at, case when v.approve then 'approval.approved' else 'approval.rejected' end, k.name, v.voter,
        k.act || jsonb_strip_nulls(jsonb_build_object('approval', k.id, 'comment', v.comment)), 'e' || k.id || '/' || v.voter
    from asked k
    join public.approval_vote v on v.request_id = k.id
    union all
    select e.at, 'approval.emergency', k.name, e.actor, k.act || jsonb_build_object('approval', k.id, 'reason', e.reason), 'f' || k.id
    from asked k
    join public.approval_emergency e on e.request_id = k.id
    union all
    select y.at, 'approval.reviewed', k.name, y.reviewer, k.act || jsonb_build_object('approval', k.id, 'comment', y.comment), 'y' || k.id
    from asked k
    join public.approval_review y on y.request_id = k.id) x
left join public.app_user u on u.id = x.actor
where $2::bigint is null
    or ((extract(epoch from x.at) * 1000000)::bigint, x.key) < ($2::bigint, $3::text)
order by (extract(epoch from x.at) * 1000000)::bigint desc, x.key desc
limit $4::integer
