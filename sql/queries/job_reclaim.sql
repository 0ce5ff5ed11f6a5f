-- scope: tenant
-- Running jobs of workers that do not live: $1 those that do, $2 those that were found dead or have stopped. Of one that is
-- unknown, because its row is no more, what has run for longer than a worker's silence is borne. Ready again; or dead after
-- three crashes; or failed when an effect outside may have happened and the action does not say that repeating is harmless.
-- What ends so ends its request, and the request's callback is owed from the same moment on (as callback_add.sql, for which
-- the rows are not yet there). Each comes as an entry of the queue under the fence it had; the one it has now stands behind
-- (null: it ended), and its request.
with lost as (
    select l.job_id, l.fence, l.crash_count, l.cancel_requested, l.cancel_code,
        exists (select from {{t}}.effect e
            where e.job_id = l.job_id and e.state in ('started', 'unknown')
                and not e.detail ? 'query') -- which the next attempt asks about
            and not coalesce((select (j.payload ->> 'idempotent')::boolean from {{t}}.job j
                where j.id = l.job_id), false) as unknown
    from {{t}}.job_live l
    where l.state = 'running'
        and l.worker <> all ($1::uuid[])
        and (l.worker = any ($2::uuid[]) or l.started_at < now() - interval '150 seconds')
    order by l.job_id
    for update of l
), again as (
    update {{t}}.job_live l
    set state = 'ready',
        fence = l.fence + 1,
        token = null,
        worker = null,
        started_at = null,
        lease_until = null,
        attempt = l.attempt - 1,
        crash_count = l.crash_count + 1
    from lost x
    where l.job_id = x.job_id
        and not x.unknown
        and not x.cancel_requested
        and x.crash_count < 2
    returning l.job_id, l.fence
), gone as (
    delete from {{t}}.job_live l
    using lost x
    where l.job_id = x.job_id
        and (x.unknown or x.cancel_requested or x.crash_count >= 2)
    returning l.job_id, l.attempt, l.crash_count, l.worker, l.started_at, x.unknown, x.cancel_requested,
        x.cancel_code
), ended as (
    insert into {{t}}.job_outcome (job_id, state, code, error, worker, attempt, crash_count, started_at)
    select job_id,
        case when cancel_requested then 'cancelled' when unknown then 'failed' else 'dead' end,
        case when cancel_requested then coalesce(cancel_code, 'cancelled') when unknown then 'outcome_unknown' else 'poison' end,
        case
            when cancel_code is not null then public.shutdown_error(false)
            when cancel_requested then null
            when unknown then jsonb_build_object('code', 'outcome_unknown', 'message', jsonb_build_object(
                'en', 'its worker died after it had begun an outside effect; a person has to look',
                'zh', '执行进程在产生外部影响后异常退出，需要人工核实'))
            else jsonb_build_object('code', 'poison', 'message', jsonb_build_object(
                'en', 'its workers died three times', 'zh', '执行它的进程三次异常退出'))
        end,
        worker, attempt, crash_count + 1, started_at
    from gone
), wanted as materialized (
    select j.request_id, j.created_by, coalesce(r.options ->> 'callback_url', j.payload ->> 'callback_url') as url,
        gen_random_uuid() as delivery,
        (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '70008000'
            || right(gen_random_uuid()::text, 12))::uuid as task -- a UUIDv7, for ids are walked in their order
    from gone g
    join {{t}}.job j on j.id = g.job_id and j.kind in ('intent', 'plan', 'run')
    left join {{t}}.request r on r.id = j.request_id
    where coalesce(r.options ->> 'callback_url', j.payload ->> 'callback_url') is not null
        and not exists (select from {{t}}.delivery d where d.subject = j.request_id)
), made as (
    insert into {{t}}.delivery (id, url, subject, payload)
    select w.delivery, w.url, w.request_id, '{}'
    from wanted w
), task as (
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms, created_by)
    select w.task, 'task', 'ctl', 'normal', w.request_id,
        jsonb_build_object('task', 'callback', 'arguments', jsonb_build_object('delivery', w.delivery::text)),
        20, 60000, w.created_by
    from wanted w
), live as (
    insert into {{t}}.job_live (job_id, state)
    select w.task, 'ready'
    from wanted w
), unchecked as (
    -- A package whose check killed its workers: the version must not stay "checking".
    update {{t}}.skill_version v
    set state = 'refused',
        findings = jsonb_build_array(jsonb_build_object(
            'code', 'check_failed', 'severity', 'error', 'path', '',
            'message', jsonb_build_object(
                'en', 'the package could not be checked: its workers died three times',
                'zh', '软件包未能完成检查：执行检查的进程三次异常退出')))
    from gone g
    join {{t}}.job j on j.id = g.job_id and j.kind = 'task' and j.payload ->> 'task' = 'package_check'
    where v.id = (j.payload -> 'arguments' ->> 'version')::uuid
        and v.state = 'checking'
        and not g.cancel_requested
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'system', 'run', 'job.reclaimed', 'job', j.id::text, j.request_id,
        jsonb_build_object('fence', a.fence, 'why', 'worker_dead')
    from again a
    join {{t}}.job j on j.id = a.job_id
    union all
    select 'system', 'run', 'job.gave_up', 'job', j.id::text, j.request_id,
        jsonb_build_object('unknown', g.unknown, 'crashes', g.crash_count + 1)
    from gone g
    join {{t}}.job j on j.id = g.job_id
    union all
    select 'system', 'delivery', 'delivery.made', 'delivery', w.delivery::text, w.request_id, '{}'
    from wanted w
)
select x.job_id, x.fence, j.lane, j.class, j.kind, j.timeout_ms, j.payload ->> 'skill', j.payload ->> 'action',
    j.payload ->> 'concurrency_key', a.fence, j.request_id
from lost x
join {{t}}.job j on j.id = x.job_id
left join again a on a.job_id = x.job_id
