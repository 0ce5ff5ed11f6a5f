-- scope: public
-- The columns of lifecycle_due.sql of one subscription, due or not, as texts, for the explanation: $1 id. Moments in us, days
-- since 1970
select s.id, s.period_no, s.version, s.state,
    (date_part('epoch', s.state_entered_at) * 1000000)::bigint,
    (date_part('epoch', s.paid_from_at) * 1000000)::bigint,
    s.paid_until_date - date '1970-01-01',
    (date_part('epoch', s.paid_until_at) * 1000000)::bigint,
    (date_part('epoch', s.shutdown_due_at) * 1000000)::bigint,
    (date_part('epoch', s.final_notice_at) * 1000000)::bigint,
    (date_part('epoch', s.termination_notice_at) * 1000000)::bigint,
    (date_part('epoch', s.hold_until) * 1000000)::bigint,
    s.windows_done, s.cancel_at_period_end, v.grace_days, v.min_grace_days, v.retention_days, s.tz,
    coalesce(s.policy, e.policy, v.policy), (date_part('epoch', s.next_action_at) * 1000000)::bigint,
    case when s.state in ('shutdown', 'cancelled') and s.termination_notice_at is null
        then public.customer_unreachable(s.customer_id, s.tenant_id) end,
    (date_part('epoch', greatest(r.set_at, e.set_at)) * 1000000)::bigint
from public.subscription s
join public.edition_version v on v.id = s.edition_version
left join public.edition_reminder e on e.edition = v.edition
left join public.subscription_reminder r on r.subscription_id = s.id
where s.id = $1::uuid
