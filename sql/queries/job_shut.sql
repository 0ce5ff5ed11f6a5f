-- scope: tenant
-- What a shutdown has left of work for people: what runs is asked to end where $1 (its time to drain is over), what waits
-- ends as cancelled where $2 (it was kept long enough). The platform's own tasks stay, and what is not due yet. Returns
-- the requests they belong to, and whether each has ended.
with target as (
    select l.job_id, l.state, j.request_id
    from {{t}}.job_live l
    join {{t}}.job j on j.id = l.job_id
    where j.kind in ('intent', 'plan', 'run')
        and (($1::boolean and l.state = 'running' and not l.cancel_requested) or ($2::boolean and l.state = 'ready'))
    order by l.job_id
    limit 500
    for update of l
), marked as (
    update {{t}}.job_live l
    set cancel_requested = true,
        cancel_code = 'tenant_suspended'
    from target t
    where l.job_id = t.job_id
        and t.state = 'running'
    returning l.job_id, t.request_id
), gone as (
    delete from {{t}}.job_live l
    using target t
    where l.job_id = t.job_id
        and t.state <> 'running'
    returning l.job_id, l.attempt, l.crash_count, t.request_id
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, error, attempt, crash_count)
    select job_id, 'cancelled', 'tenant_suspended', public.shutdown_error(true), attempt, crash_count
    from gone
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'system', 'run', 'job.cancel_requested', 'job', x.job_id::text, x.request_id, '{"why": "tenant_suspended"}'::jsonb
    from marked x
    union all
    select 'system', 'run', 'job.cancelled', 'job', x.job_id::text, x.request_id, '{"why": "tenant_suspended"}'::jsonb
    from gone x
)
select request_id, false
from marked
union all
select request_id, true
from gone
