-- scope: tenant
select s.state, s.id, s.created_by, s.request_id
from {{t}}.run_state s
where s.id = $1::uuid
