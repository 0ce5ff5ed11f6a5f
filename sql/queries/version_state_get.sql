-- scope: tenant
select v.state
from {{t}}.skill_version v
where v.id = $1::uuid
