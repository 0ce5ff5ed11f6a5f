-- scope: tenant
select s.state, s.run_id, s.created_by
from {{t}}.request_state s
where s.id = $1::uuid
