-- scope: tenant
-- If request $1 has ended, wants a callback and none was made yet: delivery $2 and the task $3 that sends
-- it. Returns the request then. Run behind whatever ended it, in the same transaction.
with ended as (
    select s.id, s.created_by,
        coalesce(r.options ->> 'callback_url', j.payload ->> 'callback_url') as url
    from {{t}}.request_state s
    left join {{t}}.request r on r.id = s.id
    left join {{t}}.job j on j.id = s.job_id
    where s.id = $1::uuid
        and s.ended_at is not null
), wanted as (
    select e.id, e.created_by, e.url
    from ended e
    where e.url is not null
        and not exists (select from {{t}}.delivery d where d.subject = e.id)
), made as (
    insert into {{t}}.delivery (id, url, subject, payload)
    select $2::uuid, w.url, w.id, '{}'
    from wanted w
), task as (
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms,
        created_by)
    select $3::uuid, 'task', 'ctl', 'normal', w.id,
        jsonb_build_object('task', 'callback', 'arguments', jsonb_build_object('delivery', $2::text)),
        20, 60000, w.created_by
    from wanted w
), live as (
    insert into {{t}}.job_live (job_id, state)
    select $3::uuid, 'ready'
    from wanted w
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id)
    select 'system', 'delivery', 'delivery.made', 'delivery', $2::text, w.id
    from wanted w
)
select id
from wanted
