-- scope: tenant
-- What a stream tells of run $1: its state, itself, why it failed, who asked, and the request.
select s.state, s.id, s.code, s.created_by, s.request_id
from {{t}}.run_state s
where s.id = $1::uuid
