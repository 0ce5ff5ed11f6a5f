-- scope: tenant
select u.state, u.skill, u.action, u.text
from {{t}}.unmet u
where u.id = $1::uuid
