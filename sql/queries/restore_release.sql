-- scope: migrate
-- The held job $1 may run: a person has looked.
with released as (
    update {{t}}.job_live l
    set state = 'ready',
        fence = l.fence + 1
    where l.job_id = $1::uuid
        and l.state = 'held'
    returning l.job_id, l.fence
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
select 'system', 'run', 'job.unheld', 'job', r.job_id::text, j.request_id, jsonb_build_object('fence', r.fence)
from released r
join {{t}}.job j on j.id = r.job_id
returning subject
