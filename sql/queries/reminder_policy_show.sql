-- scope: public
-- $1 code: the policy as it is, who has it, and all its versions, newest first
select $1, public.reminder_policy_json($1, max(p.ver)) || public.reminder_policy_uses($1)
    || jsonb_build_object('versions', jsonb_agg(public.reminder_policy_json(p.code, p.ver) order by p.ver desc))
from public.lifecycle_policy p
where p.code = $1
having count(*) > 0
