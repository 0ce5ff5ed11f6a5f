-- scope: migrate
-- Hold what restore_check.sql calls outside or begun, so that nobody runs it before a person has looked. Its fence
-- grows: what a worker of the time before says about it is refused.
with held as (
    update {{t}}.job_live l
    set state = 'held',
        fence = l.fence + 1,
        token = null,
        worker = null,
        started_at = null,
        lease_until = null,
        run_at = null
    from {{t}}.job j
    where j.id = l.job_id
        and l.state <> 'held'
        and ((j.kind = 'run' and (j.lane = 'http' or j.risk = 'high'))
            or exists (select from {{t}}.effect e where e.job_id = j.id and e.state in ('started', 'unknown')))
    returning l.job_id, l.fence
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
select 'system', 'run', 'job.held', 'job', h.job_id::text, j.request_id,
    jsonb_build_object('fence', h.fence, 'why', 'restored')
from held h
join {{t}}.job j on j.id = h.job_id
returning subject
