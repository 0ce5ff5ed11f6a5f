-- scope: tenant
-- $1 request, $2 digest, $3 confirm | reject, $4 comment, $5 session's token hash, $6 id for the run job
select d.code, d.confirmation_id, d.run_id, j.lane, j.class, j.timeout_ms, j.payload
from {{t}}.confirmation_decide_{{t}}($1::uuid, $2, $3, $4, $5::bytea, $6::uuid) d
left join {{t}}.plan j on d.code = 'ok' and j.id = (
    select c.plan_id from {{t}}.confirmation c where c.id = d.confirmation_id)
