-- scope: lifecycle
-- Due subscriptions, locked until the end of the transaction; rows another scan holds are its own. $1 as of (us),
-- $2 how many, $3 and $4 after this moment (us) and id: each row once a run. They are locked before anything is joined: each
-- of four scans walks over what the others hold. One that another transaction moved in the
-- instant before it was locked may be the last of its page, and the run goes on behind it: what it passes over stays due, and is the
-- next scan's. Read in binary: what is sent is what is stored.
select s.id, s.period_no, s.version, s.state, s.state_entered_at, s.paid_from_at, s.paid_until_date, s.paid_until_at,
    s.shutdown_due_at, s.final_notice_at, s.termination_notice_at, s.hold_until, s.windows_done, s.cancel_at_period_end,
    v.grace_days, v.min_grace_days, v.retention_days, s.tz, coalesce(s.policy, e.policy, v.policy), s.next_action_at,
    case when s.state in ('shutdown', 'cancelled') and s.termination_notice_at is null
        then public.customer_unreachable(s.customer_id, s.tenant_id) end,
    greatest(r.set_at, e.set_at)
from (
    select *
    from public.subscription
    where next_action_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'
        and quarantined_at is null
        and (next_action_at, id) > (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::uuid)
    order by next_action_at, id
    limit $2::integer
    for no key update skip locked) s
join public.edition_version v on v.id = s.edition_version
left join public.edition_reminder e on e.edition = v.edition
left join public.subscription_reminder r on r.subscription_id = s.id
order by s.next_action_at, s.id
