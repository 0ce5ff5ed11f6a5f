-- scope: tenant
-- Skill and number of version $1.
select s.name, v.number
from {{t}}.skill_version v
join {{t}}.skill s on s.id = v.skill_id
where v.id = $1::uuid
