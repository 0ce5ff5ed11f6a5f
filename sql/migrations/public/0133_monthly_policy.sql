-- Who pays by the month was reminded 30 days before the end of a month, on its second day, and 15 days before it, when his renewal was not
-- yet published. The shipped month has a policy of its own, which begins a week before the end; the renewal is drafted in the middle of
-- the month as ever. Where people have said when customers are reminded, what they said stays.

insert into public.lifecycle_policy (code, ver, before_days)
select 'monthly', 1, '{7,3,1}'
where not exists (select from public.lifecycle_policy where code = 'monthly' or ver > 1)
    and not exists (select from public.edition_reminder where edition = 'team-monthly')
    and (
        select (v.policy, v.interval_unit, v.interval_count) = ('standard', 'month', 1)
        from public.edition_version v
        where v.edition = 'team-monthly'
        order by v.ver desc
        limit 1);

-- As if it had always been so: its days are the standard's, and none that is near is left out.
insert into public.edition_reminder (edition, policy, reason, set_by, set_at)
select 'team-monthly', p.code, 'came with the installation', '00000000-0000-0000-0000-000000000000', timestamptz 'epoch'
from public.lifecycle_policy p
where p.code = 'monthly'
    and not exists (select from public.lifecycle_policy_note n where n.code = p.code)
    and not exists (select from public.edition_reminder where edition = 'team-monthly');
