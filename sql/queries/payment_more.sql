-- scope: public
-- $1 payment: what its row in a list has no room for: what it settled, what went back, its disputes, who said that it came and who
-- confirmed it (by: null: a provider told it), and whose approval it needed.
select jsonb_build_object(
    'applications', (
        select coalesce(jsonb_agg(jsonb_build_object('order_id', o.id, 'order_no', o.no, 'customer_id', o.customer_id, 'customer', c.name,
            'amount', jsonb_build_object('amount_minor', a.amount_minor, 'currency', p.currency),
            'applied_at', public.utc_text(a.applied_at)) order by a.applied_at, o.no), '[]')
        from public.payment_application a
        join public.orders o on o.id = a.order_id
        join public.customer c on c.id = o.customer_id
        where a.payment_id = p.id),
    'returned', (
        select jsonb_build_object('amount_minor', coalesce(sum(r.amount_minor), 0), 'currency', p.currency)
        from public.payment_return r
        where r.payment_id = p.id),
    'returns', (
        select coalesce(jsonb_agg(jsonb_build_object('reference', r.reference, 'reason', r.reason, 'order_no', o.no,
            'amount', jsonb_build_object('amount_minor', r.amount_minor, 'currency', p.currency),
            'recorded_at', public.utc_text(r.recorded_at), 'by', u.email) order by r.recorded_at, r.id), '[]')
        from public.payment_return r
        left join public.orders o on o.id = r.order_id
        left join public.app_user u on u.id = r.recorded_by
        where r.payment_id = p.id),
    'disputes', (
        select coalesce(jsonb_agg(jsonb_build_object('reference', f.detail ->> 'refund', 'since', public.utc_text(f.created_at),
            'task', f.id, 'state', case
                when f.outcome = 'won' or f.detail ->> 'kind' = 'dispute_won' then 'won'
                when f.detail ->> 'kind' = 'dispute_lost' or f.outcome = 'recorded' then 'lost'
                when f.done_at is null then 'open'
                else 'closed'
            end) order by f.created_at, f.id), '[]')
        from public.finance_task f
        where f.payment_id = p.id
            and f.kind = 'payment_disputed'),
    'reported', (
        select jsonb_build_object('at', public.utc_text(e.at), 'by', u.email, 'reference', e.detail ->> 'reference')
        from public.order_event e
        left join public.app_user u on u.id = e.actor
        where e.order_id = p.claimed_order
            and e.event = 'payment_reported'
            and e.at <= p.recorded_at
        order by e.id desc
        limit 1),
    'confirmed', jsonb_build_object('at', public.utc_text(p.recorded_at),
        'by', (select u.email from public.app_user u where u.id = p.recorded_by),
        'approved_by', (
            select coalesce(jsonb_agg(u.email order by v.at), '[]')
            from public.approval_vote v
            join public.app_user u on u.id = v.voter
            where v.request_id = p.approval_id
                and v.approve),
        'alone', (
            select u.email
            from public.approval_emergency g
            join public.app_user u on u.id = g.actor
            where g.request_id = p.approval_id)))
from public.payment p
where p.id = $1::uuid
