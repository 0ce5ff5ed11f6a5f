-- scope: public
-- As lifecycle_due.sql, without a lock and by id, for the dry run: $1 as of (us)
-- scan: a preview reads what is due, however much that is
select s.id, s.period_no, s.version, s.state,
    (extract(epoch from s.state_entered_at) * 1000000)::bigint,
    (extract(epoch from s.paid_from_at) * 1000000)::bigint,
    s.paid_until_date - date '1970-01-01',
    (extract(epoch from s.paid_until_at) * 1000000)::bigint,
    (extract(epoch from s.shutdown_due_at) * 1000000)::bigint,
    (extract(epoch from s.final_notice_at) * 1000000)::bigint,
    (extract(epoch from s.termination_notice_at) * 1000000)::bigint,
    (extract(epoch from s.hold_until) * 1000000)::bigint,
    s.windows_done, s.cancel_at_period_end, v.grace_days, v.min_grace_days, v.retention_days, s.tz,
    coalesce(s.policy, v.policy), (extract(epoch from s.next_action_at) * 1000000)::bigint
from public.subscription s
join public.edition_version v on v.id = s.edition_version
where s.next_action_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'
    and s.quarantined_at is null
order by s.id
