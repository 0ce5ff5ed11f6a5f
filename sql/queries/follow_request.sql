-- scope: tenant
-- What a stream tells of request $1: its state, run, why it failed, and who asked.
select s.state, s.run_id, o.code, s.created_by, s.id
from {{t}}.request_state s
left join {{t}}.job_outcome o on o.job_id = s.job_id
where s.id = $1::uuid
