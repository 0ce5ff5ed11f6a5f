-- scope: public
-- $1 before this id, $2 how many, $3 state, $4 only this one. Behind the item: who asked for it.
-- `about` is what a person compares with the paper: params name orders and payments by their ids.
select r.id, jsonb_build_object('id', r.id, 'action', r.action, 'params', r.params, 'digest', r.params_digest,
    'reason', r.reason, 'requester', u.email, 'need', r.need,
    'state', k.state,
    'created_at', public.utc_text(r.created_at), 'expires_at', public.utc_text(r.expires_at),
    'votes', (select coalesce(jsonb_agg(jsonb_build_object('voter', w.email, 'approve', v.approve,
            'comment', v.comment, 'at', public.utc_text(v.at)) order by v.at), '[]')
        from public.approval_vote v join public.app_user w on w.id = v.voter where v.request_id = r.id),
    'emergency', (select jsonb_build_object('by', w.email, 'reason', e.reason, 'at', public.utc_text(e.at), 'reviewed_by', y.email,
            'reviewed_at', public.utc_text(x.at), 'review', x.comment)
        from public.approval_emergency e
        join public.app_user w on w.id = e.actor
        left join public.approval_review x on x.request_id = e.request_id
        left join public.app_user y on y.id = x.reviewer
        where e.request_id = r.id),
    'about', jsonb_build_object('order_no', o.no, 'customer', coalesce(c.name, n.name), 'amount', case
        when jsonb_typeof(r.params -> 'amount_minor') = 'number' and coalesce(r.params ->> 'currency', o.currency) is not null
            then jsonb_build_object('amount_minor', r.params -> 'amount_minor', 'currency', coalesce(r.params ->> 'currency', o.currency))
        when r.action = 'payment.apply' and o.id is not null
            then jsonb_build_object('amount_minor', o.amount_minor, 'currency', o.currency)
        when p.id is not null and g.amount_minor > 0
            then jsonb_build_object('amount_minor', g.amount_minor, 'currency', p.currency)
    end)), r.requester
from public.approval_request r
join public.app_user u on u.id = r.requester
left join public.payment p on p.id = case when r.params ->> 'payment' ~ '^[0-9a-f-]{36}$' then (r.params ->> 'payment')::uuid end
left join public.orders o on o.id = coalesce(
    case when r.params ->> 'order' ~ '^[0-9a-f-]{36}$' then (r.params ->> 'order')::uuid end, p.claimed_order)
left join public.subscription s on s.id =
    case when r.params ->> 'subscription' ~ '^[0-9a-f-]{36}$' then (r.params ->> 'subscription')::uuid end
left join public.tenant n on n.id = case when r.params ->> 'tenant' ~ '^[0-9a-f-]{36}$' then (r.params ->> 'tenant')::uuid end
left join public.customer c on c.id = coalesce(o.customer_id, s.customer_id)
cross join lateral (
    select coalesce((select x.amount_minor from public.payment_return x where x.payment_id = p.id and x.id::text = r.params ->> 'id'),
        nullif(public.payment_credit(p.id), 0), case
        when not exists (select from public.payment_application a where a.payment_id = p.id)
            and not exists (select from public.payment_return x where x.payment_id = p.id) then p.amount_minor
    end) as amount_minor) g
cross join lateral (
    select case when r.state in ('waiting', 'approved') and r.expires_at <= now() then 'expired' else r.state end as state) k
where ($1::uuid is null or r.id < $1::uuid)
    and ($3::text is null or k.state = $3)
    and ($4::uuid is null or r.id = $4::uuid)
order by r.id desc
limit $2::integer
