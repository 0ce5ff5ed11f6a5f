-- scope: public
-- The columns of lifecycle_one.sql, and behind them the policy it would have without a choice of $2 or $3: of all that has policy $1, or
-- of an edition $2, or of one subscription $3, due or not
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
    (date_part('epoch', greatest(r.set_at, e.set_at)) * 1000000)::bigint,
    case when $3::uuid is null then coalesce(s.policy, v.policy) else coalesce(e.policy, v.policy) end, s.policy is not null
from public.subscription s
join public.edition_version v on v.id = s.edition_version
left join public.edition_reminder e on e.edition = v.edition
left join public.subscription_reminder r on r.subscription_id = s.id
where s.next_action_at is not null
    and s.quarantined_at is null
    and ($1::text is null or coalesce(s.policy, e.policy, v.policy) = $1)
    and ($2::text is null or v.edition = $2)
    and ($3::uuid is null or s.id = $3::uuid)
order by s.id
