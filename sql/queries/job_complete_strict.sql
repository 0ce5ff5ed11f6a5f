-- scope: tenant
-- As job_complete for a job that makes others (intent, plan): also given up when it was cancelled
-- meanwhile, so that nothing follows. $1 job, $2 fence, $3 token, $4 state, $5 code, $6 result, $7 error.
with gone as (
    delete from {{t}}.job_live
    where job_id = $1::uuid
        and fence = $2::integer
        and token = $3::uuid
        and state = 'running'
        and not cancel_requested
    returning job_id, worker, attempt, crash_count, started_at
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, result, error, worker, attempt, crash_count,
        started_at)
    select job_id, $4, $5, $6::jsonb, $7::jsonb, worker, attempt, crash_count, started_at
    from gone
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.' || $4, 'job', j.id::text, j.request_id,
        jsonb_strip_nulls(jsonb_build_object('kind', j.kind, 'worker', g.worker, 'code', $5))
    from gone g
    join {{t}}.job j on j.id = g.job_id
)
select public.gov_must(exists (select from gone), 'stale')
