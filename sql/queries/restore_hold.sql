-- scope: migrate
-- Hold the jobs $1 (what restore_check.sql calls outside or begun), so that nobody runs them before a person has looked.
-- Their fences grow: what a worker of the time before says about them is refused.
with held as (
    update {{t}}.job_live l
    set state = 'held',
        fence = l.fence + 1,
        token = null,
        worker = null,
        started_at = null,
        lease_until = null,
        run_at = null
    where l.job_id = any ($1::uuid[])
        and l.state <> 'held'
    returning l.job_id, l.fence
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
select 'system', 'run', 'job.held', 'job', h.job_id::text, j.request_id,
    jsonb_build_object('fence', h.fence, 'why', 'restored')
from held h
join {{t}}.job j on j.id = h.job_id
returning subject
