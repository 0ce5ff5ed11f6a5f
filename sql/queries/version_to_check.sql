-- scope: tenant
select v.id, s.name, v.package_file, f.sha256, v.runtime, v.state, f.name
from {{t}}.skill_version v
join {{t}}.skill s on s.id = v.skill_id
join {{t}}.file f on f.id = v.package_file
where v.id = $1::uuid
