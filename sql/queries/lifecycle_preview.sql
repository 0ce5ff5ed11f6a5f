-- scope: public
-- The columns of lifecycle_due.sql, without a lock and by id, for the dry run: $1 as of (us). Read in binary, in blocks: what is
-- sent is what is stored, moments as us since 2000, and nothing is made a text to be read again. What editions have of their own is
-- read once and looked up: joined to each row, it was a sort of all rows on the disk
-- scan edition_reminder: a table of tens of rows, read once
select s.id, s.period_no, s.version, s.state, s.state_entered_at, s.paid_from_at, s.paid_until_date, s.paid_until_at,
    s.shutdown_due_at, s.final_notice_at, s.termination_notice_at, s.hold_until, s.windows_done, s.cancel_at_period_end,
    v.grace_days, v.min_grace_days, v.retention_days, s.tz,
    coalesce(s.policy, (select jsonb_object_agg(e.edition, e.policy) from public.edition_reminder e) ->> v.edition, v.policy),
    s.next_action_at,
    case when s.state in ('shutdown', 'cancelled') and s.termination_notice_at is null
        then public.customer_unreachable(s.customer_id, s.tenant_id) end,
    greatest(r.set_at, ((select jsonb_object_agg(e.edition, e.set_at) from public.edition_reminder e) ->> v.edition)::timestamptz)
from public.subscription s
join public.edition_version v on v.id = s.edition_version
left join public.subscription_reminder r on r.subscription_id = s.id
where s.next_action_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'
    and s.quarantined_at is null
order by s.id
