-- scope: public
-- The newest version of each policy and who has it. $1 null, $2 how many
select null, public.reminder_policy_json(p.code, p.ver) || public.reminder_policy_uses(p.code)
from (select l.code, max(l.ver) as ver from public.lifecycle_policy l group by l.code) p
order by p.code
limit coalesce($2::integer, 1000) + coalesce($1::integer, 0)
