-- scope: tenant
-- The run of request $1, confirmed ahead of its slot, may not begin now that the slot is there: it ends as cancelled,
-- with the code $2 and the error $3. It has begun meanwhile: conflict.
with target as (
    select l.job_id
    from {{t}}.job j
    join {{t}}.job_live l on l.job_id = j.id
    where j.request_id = $1::uuid
        and j.kind = 'run'
        and l.state in ('ready', 'delayed')
    order by l.job_id
    for update of l
), gone as (
    delete from {{t}}.job_live l
    using target t
    where l.job_id = t.job_id
    returning l.job_id, l.attempt, l.crash_count
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, error, attempt, crash_count)
    select job_id, 'cancelled', $2, $3::jsonb, attempt, crash_count
    from gone
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'system', 'run', 'job.cancelled', 'job', g.job_id::text, $1::uuid, jsonb_build_object('why', $2)
    from gone g
)
select public.gov_must(exists (select from gone), 'conflict')
