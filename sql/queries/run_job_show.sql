-- scope: tenant
-- One run that has its job, with the columns of run_show.sql: $1 its id. No row: its request may still be on the way
-- to it, and run_show.sql knows. Nine times as many plan nodes answer there what three tables answer here.
select j.id, j.request_id,
    case
        when o.state is null and l.state = 'held' then 'held'
        when o.state is null and l.state in ('ready', 'delayed')
            and not exists (select from public.my_tenant t where t.run_allowed) then 'held'
        else {{t}}.job_state_{{t}}(l.state, o.state, j.kind)
    end,
    coalesce(o.attempt, l.attempt), coalesce(l.cancel_requested, false), coalesce(o.worker, l.worker), o.code,
    coalesce(o.started_at, l.started_at), o.ended_at, j.created_by, j.created_at, j.payload, o.result, o.error,
    o.exit_code, o.isolation,
    (select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size, 'sha256',
            f.sha256, 'media_type', f.media_type) order by f.name)
        from {{t}}.file f
        where f.job_id = j.id and f.kind = 'artifact' and f.deleted_at is null),
    (select l.body
        from {{t}}.run_log l
        where l.job_id = j.id and l.stream = 'system' and l.body like 'progress %'
        order by l.seq desc
        limit 1),
    (select m.name from public.my_members m where m.user_id = j.created_by),
    null::jsonb, o.usage ->> 'start'
from {{t}}.job j
left join {{t}}.job_live l on l.job_id = j.id
left join {{t}}.job_outcome o on o.job_id = j.id
where j.id = $1::uuid
    and j.kind = 'run'
