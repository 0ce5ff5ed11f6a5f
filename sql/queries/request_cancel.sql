-- scope: tenant
-- Cancel whatever works for request $1, asked by $2. What has not started ends here; what runs is
-- marked, its worker kills it. Returns how many were marked, ended and withdrawn, the state before and the
-- last event's number. If anything was, the answer is kept for $3 route, $4 key (null: not), $5 hash of the
-- body, $6 answer.
with target as (
    select l.job_id, l.state
    from {{t}}.job_live l
    where l.job_id in (
        select j.id from {{t}}.job j
        where j.id = $1::uuid and j.kind in ('intent', 'plan', 'run')
        union all
        select j.id from {{t}}.job j
        where j.request_id = $1::uuid and j.request_id <> j.id
            and j.kind in ('intent', 'plan', 'run'))
    order by l.job_id
    for update
), marked as (
    update {{t}}.job_live l
    set cancel_requested = true
    from target t
    where l.job_id = t.job_id
        and t.state = 'running'
    returning l.job_id
), gone as (
    delete from {{t}}.job_live l
    using target t
    where l.job_id = t.job_id
        and t.state <> 'running'
    returning l.job_id, l.attempt, l.crash_count
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, attempt, crash_count)
    select job_id, 'cancelled', 'cancelled', attempt, crash_count
    from gone
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id)
    select $2::uuid, 'user', 'run', 'job.cancel_requested', 'job', x.job_id::text, $1::uuid
    from marked x
    union all
    select $2::uuid, 'user', 'run', 'job.cancelled', 'job', x.job_id::text, $1::uuid
    from gone x
), withdrawn as materialized (
    select {{t}}.confirmation_withdraw_{{t}}($1::uuid, $2::uuid, 'cancelled') as done
), kept as (
    insert into {{t}}.idempotency (user_id, route, key, body_hash, status, answer)
    select $2::uuid, $3, $4, $5::bytea, 202, $6::jsonb
    where $4::text is not null
        and (exists (select from marked) or exists (select from gone) or (select w.done from withdrawn w))
)
select (select count(*) from marked), (select count(*) from gone),
    (select w.done from withdrawn w),
    (select s.state from {{t}}.request_state s where s.id = $1::uuid),
    (select coalesce(max(e.seq), 0) from {{t}}.request_event e where e.request_id = $1::uuid)
