-- scope: tenant
-- Delayed jobs whose time has come are ready.
with due as (
    select l.job_id
    from {{t}}.job_live l
    where l.run_at <= now()
        and l.state = 'delayed'
    order by l.job_id
    limit 1000
    for update
), promoted as (
    update {{t}}.job_live l
    set state = 'ready',
        run_at = null
    from due d
    where l.job_id = d.job_id
    returning l.job_id
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id)
select 'system', 'run', 'job.due', 'job', j.id::text, j.request_id
from promoted p
join {{t}}.job j on j.id = p.job_id
