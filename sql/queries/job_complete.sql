-- scope: tenant
-- A claimed job ends, once. $1 job, $2 fence, $3 token, $4 state, $5 code, $6 result, $7 error,
-- $8 exit code, $9 isolation, $10 usage. Gives the whole transaction up (stale) when the claim is
-- not ours any more. What a person cancelled has no result; what a shutdown drained keeps the one it had.
with gone as (
    delete from {{t}}.job_live
    where job_id = $1::uuid
        and fence = $2::integer
        and token = $3::uuid
        and state = 'running'
    returning job_id, worker, attempt, crash_count, started_at, cancel_requested, cancel_code
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, result, error, exit_code, isolation, worker,
        attempt, crash_count, started_at, usage)
    select job_id,
        case when cancel_requested then 'cancelled' else $4 end,
        case when cancel_requested then coalesce(cancel_code, 'cancelled') else $5 end,
        case when cancel_requested and cancel_code is null then null else $6::jsonb end,
        case when cancel_code is not null then public.shutdown_error(false) else $7::jsonb end, $8::integer, $9, worker, attempt, crash_count, started_at, $10::jsonb
    from gone
    returning job_id, worker, state, code
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.' || e.state, 'job', j.id::text, j.request_id,
        jsonb_strip_nulls(jsonb_build_object('kind', j.kind, 'worker', e.worker, 'code', e.code))
    from ended e
    join {{t}}.job j on j.id = e.job_id
)
select public.gov_must(exists (select from gone), 'stale')
