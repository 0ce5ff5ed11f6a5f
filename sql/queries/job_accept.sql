-- scope: tenant
-- One job enters: row, live row and audit. $12 run_at (null: at once), $13 actor kind.
with new_job as (
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, plan_digest, risk,
        max_attempts, timeout_ms, created_by)
    values ($1::uuid, $2, $3, $4, $5::uuid, $6::jsonb, $7, $8, $9::smallint, $10::integer, $11::uuid)
), live as (
    insert into {{t}}.job_live (job_id, state, run_at)
    values ($1::uuid, case when $12::timestamptz > now() then 'delayed' else 'ready' end,
        case when $12::timestamptz > now() then $12::timestamptz end)
)
insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
values ($11::uuid, $13, 'run', 'job.accepted', 'job', $1, $5::uuid,
    jsonb_strip_nulls(jsonb_build_object('kind', $2, 'risk', $8, 'digest', $7)))
