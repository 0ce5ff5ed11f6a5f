-- scope: tenant
-- Schedules, newest first: $1 before this id, $2 how many, $3 skill, $4 enabled, $5 only this one. `state` tells of an
-- owner who left also before the next slot does.
select s.id, jsonb_build_object(
        'id', s.id, 'name', s.name, 'cron', s.cron, 'timezone', s.timezone, 'skill', s.skill,
        'action', s.action, 'input', s.input, 'class', s.class, 'catch_up', s.catch_up,
        'lead_s', s.lead_s, 'enabled', s.enabled,
        'state', case
            when s.enabled and o.user_id is null then 'owner_left'
            when s.enabled and s.next_at is null then 'over'
            when s.enabled then 'active'
            else coalesce(s.paused_reason, 'paused')
        end,
        'needs_confirmation', s.asks,
        'owner', jsonb_build_object('id', s.owner, 'name', o.name),
        'next_fire_at', case when s.enabled then
            to_char(s.next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end,
        'asked_request_id', s.asked_request,
        'last_firing', l.firing,
        'created_at', to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'updated_at', to_char(s.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
    s.revision, s.owner, extract(epoch from s.next_at)::bigint, s.asked_request
from {{t}}.schedule s
left join public.my_members o on o.user_id = s.owner and o.state = 'active'
left join lateral (
    select jsonb_build_object(
            'fire_at', to_char(f.fire_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'state', f.state, 'reason', f.reason, 'request_id', f.request_id) as firing
    from {{t}}.schedule_firing f
    where f.schedule_id = s.id
        and f.state <> 'asked'
    order by f.fire_at desc
    limit 1
) l on true
where ($1::uuid is null or s.id < $1::uuid)
    and ($3::text is null or s.skill = $3)
    and ($4::boolean is null or s.enabled = $4::boolean)
    and ($5::uuid is null or s.id = $5::uuid)
order by s.id desc
limit $2::integer
