-- scope: tenant
-- Runs as they are shown: $1 ids. A run by hand that has no job yet is shown under its request's id, and one that never
-- got a job with what its planning ended by.
select r.id, r.request_id, r.state, r.attempt, r.cancel_requested, r.worker, r.code, r.started_at,
    r.ended_at, r.created_by, r.created_at, coalesce(j.payload, p.payload, w.options), o.result,
    coalesce(o.error, case when r.state = 'failed' then (
        select e.error
        from {{t}}.job y
        join {{t}}.job_outcome e on e.job_id = y.id
        where y.request_id = r.request_id and y.kind = 'plan'
        order by y.created_at desc
        limit 1) end),
    o.exit_code, o.isolation,
    (select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size, 'sha256',
            f.sha256, 'media_type', f.media_type) order by f.name)
        from {{t}}.file f
        where f.job_id = r.id and f.kind = 'artifact' and f.deleted_at is null),
    (select l.body
        from {{t}}.run_log l
        where l.job_id = r.id and l.stream = 'system' and l.body like 'progress %'
        order by l.seq desc
        limit 1),
    (select m.name from public.my_members m where m.user_id = r.created_by),
    p.body, o.usage ->> 'start'
from unnest($1::uuid[]) with ordinality as k (id, n)
cross join lateral (select v.* from {{t}}.run_state v where v.id = k.id offset 0) r
left join {{t}}.job j on j.id = r.id and j.kind = 'run'
left join {{t}}.job_outcome o on o.job_id = r.id
left join {{t}}.request w on w.id = r.request_id
left join lateral (
    select q.payload, q.body
    from {{t}}.plan q
    where q.request_id = r.request_id
    order by q.created_at desc
    limit 1
) p on true
order by k.n
