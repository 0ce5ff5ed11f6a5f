-- scope: tenant
-- The dead letter $1 is done again by a new job $2, after $3 ms; $4 who, $5 comment. A high-risk run is not:
-- its confirmation was used. Gives up (not_found) when nothing fits; dead_letter_act_pk says it was decided.
with dead as (
    select j.id, j.kind, j.lane, j.class, j.request_id, j.payload, j.plan_digest, j.risk, j.max_attempts,
        j.timeout_ms, j.created_by
    from {{t}}.job_outcome o
    join {{t}}.job j on j.id = o.job_id
    where o.job_id = $1::uuid
        and o.code in ('poison', 'outcome_unknown', 'internal')
        and j.risk is distinct from 'high'
), decided as (
    insert into {{t}}.dead_letter_act (job_id, act, successor, actor, comment)
    select d.id, 'redriven', $2::uuid, $4::uuid, $5
    from dead d
), made as (
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, plan_digest, risk, max_attempts,
        timeout_ms, created_by)
    select $2::uuid, d.kind, d.lane, d.class,
        case when d.request_id = d.id then $2::uuid else d.request_id end,
        d.payload, d.plan_digest, d.risk, d.max_attempts, d.timeout_ms, d.created_by
    from dead d
), live as (
    insert into {{t}}.job_live (job_id, state, run_at)
    select $2::uuid, case when $3::bigint > 0 then 'delayed' else 'ready' end,
        case when $3::bigint > 0 then now() + make_interval(secs => $3::bigint / 1000.0) end
    from dead d
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select $4::uuid, 'user', 'run', v.action, 'job', v.subject,
        case when d.request_id = d.id then v.subject::uuid else d.request_id end,
        jsonb_strip_nulls(jsonb_build_object('redrive_of', v.origin, 'redriven_as', v.successor,
            'kind', d.kind, 'comment', $5))
    from dead d
    cross join lateral (values
        ('job.redriven', $1::text, null, $2::text),
        ('job.accepted', $2::text, $1::text, null)) as v (action, subject, origin, successor)
)
select public.gov_must(exists (select from dead), 'not_found')
