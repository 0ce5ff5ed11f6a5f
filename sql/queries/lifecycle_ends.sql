-- scope: public
-- The columns of lifecycle_due.sql of what decide() could shut down, whose paid days, or whose days of grace, are over: the safety
-- brake asks for no others. $1 as of (us), $2 how many, $3 and $4 after this end (us) and id. Where the others have what is next,
-- this has the end, by which its pages go on. Read in binary.
select s.id, s.period_no, s.version, s.state, s.state_entered_at, s.paid_from_at, s.paid_until_date, s.paid_until_at,
    s.shutdown_due_at, s.final_notice_at, s.termination_notice_at, s.hold_until, s.windows_done, s.cancel_at_period_end,
    v.grace_days, v.min_grace_days, v.retention_days, s.tz, coalesce(s.policy, e.policy, v.policy), s.ends_at,
    null::boolean,
    greatest(r.set_at, e.set_at)
from (
    select *, coalesce(case state when 'active' then paid_until_at else shutdown_due_at end, timestamptz 'epoch') as ends_at
    from public.subscription
    where state in ('active', 'grace')
        and quarantined_at is null) s
join public.edition_version v on v.id = s.edition_version
left join public.edition_reminder e on e.edition = v.edition
left join public.subscription_reminder r on r.subscription_id = s.id
where s.ends_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'
    and s.next_action_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'
    and (s.ends_at, s.id) > (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::uuid)
order by s.ends_at, s.id
limit $2::integer
