-- scope: tenant
-- Give a claimed job back: $1 job, $2 fence, $3 token, $4 why: released (a drain; costs nothing) |
-- lost (what ran it died; counts as a crash) | retry (the attempt failed and counts), $5 delay in ms,
-- $6 code of the failed attempt. Refused (outcome_unknown) when a write of it to the outside may have happened
-- and its action does not say that repeating is harmless.
with given as (
    update {{t}}.job_live
    set state = case when $5::bigint > 0 then 'delayed' else 'ready' end,
        run_at = case when $5::bigint > 0 then now() + make_interval(secs => $5::bigint / 1000.0) end,
        fence = fence + 1,
        token = null,
        worker = null,
        started_at = null,
        lease_until = null,
        attempt = attempt - case when $4 in ('released', 'lost') then 1 else 0 end,
        crash_count = crash_count + case when $4 = 'lost' then 1 else 0 end
    where job_id = $1::uuid
        and fence = $2::integer
        and token = $3::uuid
        and state = 'running'
    returning job_id, fence, attempt
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.' || $4, 'job', j.id::text, j.request_id,
        jsonb_strip_nulls(jsonb_build_object(
            'fence', g.fence, 'attempt', g.attempt, 'delay_ms', $5::bigint, 'code', $6::text))
    from given g
    join {{t}}.job j on j.id = g.job_id
)
select public.gov_must(exists (select from given), 'stale'),
    (select public.gov_must(
        not exists (select from {{t}}.effect e where e.job_id = g.job_id and e.state in ('started', 'unknown')
            and not e.detail ? 'query') -- which the next attempt asks about
        or coalesce((select (j.payload ->> 'idempotent')::boolean from {{t}}.job j where j.id = g.job_id), false),
        'outcome_unknown')
    from given g)
