-- scope: tenant
-- What became of the slots of schedule $1, newest first: $2 before (microseconds), $3 how many, $4 state.
select (extract(epoch from f.fire_at) * 1000000)::bigint, jsonb_build_object(
        'fire_at', to_char(f.fire_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'state', f.state, 'reason', f.reason, 'message', f.message, 'request_id', f.request_id,
        'by', (
            select jsonb_build_object('id', m.user_id, 'name', m.name)
            from public.my_members m
            where m.user_id = f.by_user),
        'decided_at', to_char(f.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from {{t}}.schedule_firing f
where f.schedule_id = $1::uuid
    and ($2::bigint is null or f.fire_at < to_timestamp($2::bigint / 1000000.0))
    and ($4::text is null or f.state = $4)
order by f.fire_at desc
limit $3::integer
