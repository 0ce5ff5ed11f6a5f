-- scope: tenant
-- What may hold run $1 up, or the request $1 while it has no run: its job's place, the confirmation it waits for.
select s.state, s.created_by, s.request_id, j.kind, j.lane, l.state, l.run_at, l.attempt,
    l.cancel_requested, {{t}}.confirmation_ends_{{t}}(c), w.names,
    j.id, j.class, j.payload ->> 'skill', j.payload ->> 'action', j.payload ->> 'concurrency_key', l.fence,
    w.people, {{t}}.confirmation_missing_{{t}}(c.id), array_to_string({{t}}.confirmation_roles_{{t}}(c), ', ')
from (
    select r.id, r.request_id, r.state, r.created_by
    from {{t}}.run_state r
    where r.id = $1::uuid
    union all
    select q.id, q.id, q.state, q.created_by
    from {{t}}.request_state q
    where q.id = $1::uuid
        and q.run_id is distinct from q.id
) s
left join lateral (
    select v.job_id
    from {{t}}.request_state v
    where v.id = s.request_id
    offset 0
) r on true
left join {{t}}.job j on j.id = r.job_id
left join {{t}}.job_live l on l.job_id = r.job_id
left join {{t}}.confirmation c on c.request_id = s.request_id and c.state = 'waiting'
left join lateral (
    select string_agg(m.name, ', ' order by m.name) as names, count(*) as people
    from public.my_members m
    where m.state = 'active'
        and {{t}}.confirmation_takes_{{t}}(c.id, m.user_id, m.role)
) w on c.id is not null
