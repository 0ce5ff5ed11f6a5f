-- scope: tenant
-- Claim what was taken: $1 job ids, $2 their fences, $3 worker, $4 lease in seconds. Rows that are no
-- longer ready under that fence are left out; the caller forgets them. A tenant that may not run has none: read
-- in this statement, so that no claim begins after the commit of a shutdown.
-- One token for all: no other statement's claim of any of them has it, and random bytes are asked for once.
-- Rows are locked in the order of their ids, for opposite orders end in a deadlock: `wanted` is sorted, and each of its
-- rows looks its own up, since the roles join by nested loops only. A lock of its own before cost a third as much again.
with once as materialized (
    select gen_random_uuid() as token, jsonb_build_object('worker', $3::uuid) as by
), wanted as materialized (
    select w.id, w.fence
    from unnest($1::uuid[], $2::integer[]) as w (id, fence)
    order by w.id
), claimed as (
    update {{t}}.job_live l
    set state = 'running',
        fence = l.fence + 1,
        token = (select o.token from once o),
        worker = $3::uuid,
        attempt = l.attempt + 1,
        started_at = clock_timestamp(),
        lease_until = now() + make_interval(secs => $4::integer)
    from wanted w
    where l.job_id = w.id
        and l.fence = w.fence
        and l.state = 'ready'
        and exists (select from public.my_tenant t where t.run_allowed)
    returning l.job_id, l.fence, l.token, l.attempt, l.crash_count, l.cancel_requested
), whole as materialized (
    select j.id, j.kind, j.lane, j.class, j.request_id, j.payload, j.plan_digest, j.risk, j.max_attempts,
        j.timeout_ms, j.created_by, c.fence, c.token, c.attempt, c.crash_count, c.cancel_requested,
        j.created_at
    from claimed c
    join {{t}}.job j on j.id = c.job_id
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'worker', 'run', 'job.claimed', 'job', w.id::text, w.request_id,
        o.by || jsonb_build_object('fence', w.fence, 'attempt', w.attempt)
    from once o
    cross join whole w
)
select id, kind, lane, class, request_id, payload, plan_digest, risk, max_attempts, timeout_ms, created_by,
    fence, token, attempt, crash_count, cancel_requested, created_at
from whole
