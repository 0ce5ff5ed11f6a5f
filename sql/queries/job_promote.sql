-- scope: tenant
-- Delayed jobs whose time has come are ready: at most 1,000, each as an entry of the queue. Returns one row at least; behind
-- the entry, or none, in how many ms the next falls due: 0 there are more, null there is none.
with due as (
    select l.job_id
    from {{t}}.job_live l
    where l.run_at <= now()
        and l.state = 'delayed'
    order by l.job_id
    limit 1000
    for update
), promoted as (
    update {{t}}.job_live l
    set state = 'ready',
        run_at = null
    from due d
    where l.job_id = d.job_id
    returning l.job_id, l.fence
), entered as materialized (
    select j.id, p.fence, j.lane, j.class, j.kind, j.timeout_ms, j.payload, j.request_id
    from promoted p
    join {{t}}.job j on j.id = p.job_id
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id)
    select 'system', 'run', 'job.due', 'job', e.id::text, e.request_id
    from entered e
)
select e.id, e.fence, e.lane, e.class, e.kind, e.timeout_ms, e.payload ->> 'skill', e.payload ->> 'action',
    e.payload ->> 'concurrency_key', n.in_ms
from (
    select case
        when (select count(*) from due) = 1000 then 0
        else (select ceil(extract(epoch from min(l.run_at) - now()) * 1000)
            from {{t}}.job_live l
            where l.run_at > now())::bigint
    end as in_ms
) n
left join entered e on true
order by e.id
