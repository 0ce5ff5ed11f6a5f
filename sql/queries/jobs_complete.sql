-- scope: tenant
-- Claimed jobs end, each once, all of one tenant and with nothing else to write: $1 jobs, $2 fences,
-- $3 tokens, $4 states, $5 codes, $6 results, $7 errors, $8 exit codes, $9 isolation levels, $10 usages,
-- $11 kinds, $12 requests. Returns those that ended; the claim of any other is not ours any more.
-- Rows are locked in the order of their ids, as by the claim (see there). What is to be written travels with the
-- row that goes, for joining it again afterwards compares every row with every other. The detail of the audit is all
-- text: jsonb_build_object asks the catalogue for the type of every value of every row.
with wanted as materialized (
    select *
    from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[],
        $8::integer[], $9::text[], $10::jsonb[], $11::text[], $12::uuid[])
        as w (job_id, fence, token, state, code, result, error, exit_code, isolation, usage, kind,
            request_id)
    order by w.job_id
), ended as (
    delete from {{t}}.job_live l
    using wanted w
    where l.job_id = w.job_id
        and l.fence = w.fence
        and l.token = w.token
        and l.state = 'running'
    returning l.job_id, l.worker, l.attempt, l.crash_count, l.started_at, w.exit_code, w.isolation,
        w.usage, w.kind, w.request_id,
        case when l.cancel_requested then 'cancelled' else w.state end as state,
        case when l.cancel_requested then coalesce(l.cancel_code, 'cancelled') else w.code end as code,
        case when l.cancel_requested and l.cancel_code is null then null else w.result end as result,
        case when l.cancel_code is not null then public.shutdown_error(false) else w.error end as error
), written as (
    insert into {{t}}.job_outcome (job_id, state, code, result, error, exit_code, isolation, worker,
        attempt, crash_count, started_at, usage)
    select job_id, state, code, result, error, exit_code, isolation, worker, attempt, crash_count,
        started_at, usage
    from ended
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.' || state, 'job', job_id::text, request_id,
        jsonb_object(case when code is null then array['kind', kind, 'worker', worker::text]
            else array['kind', kind, 'worker', worker::text, 'code', code] end)
    from ended
)
select job_id
from ended
