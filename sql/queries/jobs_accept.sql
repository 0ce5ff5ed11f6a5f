-- scope: tenant
-- Low-risk runs by hand enter, all of one tenant and ready at once: $1 ids (of job and request), $2 lanes,
-- $3 classes, $4 payloads, $5 plan digests, $6 attempts, $7 timeouts, $8 who asked, $9 actor kinds,
-- $10 revision of what each was planned from, $11 route, $12 Idempotency-Key (null: none), $13 body hash.
-- When they did, in one row, for all have one moment. Nothing enters (plan_stale) if one of them was planned from what has changed since.
with held as materialized (
    select public.gov_must(not exists (
        select
        from unnest($10::integer[]) as r (revision)
        where r.revision is distinct from (select p.revision from {{t}}.planning p where p.one)), 'plan_stale') as held
), wanted as materialized (
    select w.*
    from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[], $6::integer[], $7::integer[],
        $8::uuid[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::text[])
        as w (id, lane, class, payload, digest, attempts, timeout_ms, asked_by, actor_kind, revision,
            route, key, body_hash)
), new_job as (
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, plan_digest, risk, max_attempts,
        timeout_ms, created_by)
    select id, 'run', lane, class, id, payload, digest, 'low', attempts, timeout_ms, asked_by
    from wanted
), live as (
    insert into {{t}}.job_live (job_id, state)
    select id, 'ready'
    from wanted
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id,
        detail)
    select asked_by, actor_kind, 'run', 'job.accepted', 'job', id::text, id,
        jsonb_object(array['kind', 'run', 'risk', 'low', 'digest', digest])
    from wanted
), remembered as (
    insert into {{t}}.idempotency (user_id, route, key, body_hash, status, answer)
    select asked_by, route, key, body_hash::bytea, 202, jsonb_build_object('id', id)
    from wanted
    where key is not null
)
select now(), h.held
from held h
