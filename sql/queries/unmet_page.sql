-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 kind (null: any), $4 state (null: any), $5 only this one
select u.id, jsonb_build_object(
        'id', u.id, 'text', u.text, 'kind', u.kind, 'times', u.times, 'request_id', u.request_id,
        'was', case when u.was_skill is not null
            then jsonb_build_object('skill', u.was_skill, 'action', u.was_action) end,
        'meant', case when u.skill is not null
            then jsonb_build_object('skill', u.skill, 'action', u.action) end,
        'state', u.state,
        'by', (select jsonb_build_object('id', m.user_id, 'name', m.name)
            from public.my_members m
            where m.user_id = u.created_by),
        'created_at', to_char(u.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'last_at', to_char(u.last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'decided_by', (select jsonb_build_object('id', m.user_id, 'name', m.name)
            from public.my_members m
            where m.user_id = u.decided_by),
        'decided_at', to_char(u.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from {{t}}.unmet u
where u.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    and ($3::text is null or u.kind = $3)
    and ($4::text is null or u.state = $4)
    and ($5::uuid is null or u.id = $5::uuid)
order by u.id desc
limit $2::integer
