-- scope: tenant
-- Claims of worker $2 that it never learnt of: the jobs $1, taken under the fences $3, are ready again, no
-- attempt burnt. A later claim of the same worker has a later fence and is left alone.
with mine as (
    select l.job_id
    from {{t}}.job_live l
    join unnest($1::uuid[], $3::integer[]) as w (id, fence) on w.id = l.job_id and w.fence + 1 = l.fence
    where l.worker = $2::uuid
        and l.state = 'running'
    order by l.job_id
    for update of l
), given as (
    update {{t}}.job_live l
    set state = 'ready',
        fence = l.fence + 1,
        token = null,
        worker = null,
        started_at = null,
        lease_until = null,
        attempt = l.attempt - 1
    from mine m
    where l.job_id = m.job_id
    returning l.job_id, l.fence
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.released', 'job', j.id::text, j.request_id,
        jsonb_build_object('worker', $2, 'fence', g.fence, 'why', 'claim_lost')
    from given g
    join {{t}}.job j on j.id = g.job_id
)
select job_id, fence
from given
