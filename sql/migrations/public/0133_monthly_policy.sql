-- Who pays by the month was reminded 30 days before the end of a month, on its second day, and 15 days before it, when his renewal was not
-- yet published. The shipped month has a policy of its own, which begins a week before the end; the renewal is drafted in the middle of
-- the month as ever. Where people have said when customers are reminded, what they said stays: a policy, a choice for the edition, or a
-- version of it that names its policy (one that names none is standard too; what was asked for is in the audit). And only the policy that
-- is made here is handed over: one of that name that was there is somebody's.

with made as (
    insert into public.lifecycle_policy (code, ver, before_days)
    select 'monthly', 1, '{7,3,1}'
    where not exists (select from public.lifecycle_policy where code = 'monthly' or ver > 1)
        and not exists (select from public.edition_reminder where edition = 'team-monthly')
        and (
            select (v.policy, v.interval_unit, v.interval_count) = ('standard', 'month', 1) and not exists (
                    select from public.platform_audit a
                    where a.action = 'edition.version_added'
                        and a.subject = v.edition
                        and a.detail ->> 'ver' = v.ver::text
                        and a.detail ->> 'policy' is not null)
            from public.edition_version v
            where v.edition = 'team-monthly'
            order by v.ver desc
            limit 1)
    returning code)
-- As if it had always been so: its days are the standard's, and none that is near is left out.
insert into public.edition_reminder (edition, policy, reason, set_by, set_at)
select 'team-monthly', made.code, 'came with the installation', '00000000-0000-0000-0000-000000000000', timestamptz 'epoch'
from made;
