-- scope: tenant
-- $1 before this id, $2 how many, $3 state, $4 request, $5 only this one
select d.id, jsonb_build_object(
        'id', d.id, 'url', d.url, 'event', coalesce(d.payload ->> 'type', d.kind),
        'request_id', coalesce(d.payload #>> '{data,request_id}', d.subject::text),
        'state', d.state, 'attempts', d.attempts, 'last_status', d.last_status,
        'last_error', d.last_error,
        'next_attempt_at', to_char(d.next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'created_at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'delivered_at', to_char(d.delivered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from {{t}}.delivery d
where ($1::uuid is null or d.id < $1::uuid)
    and ($3::text is null or d.state = $3)
    and ($4::uuid is null or d.subject = $4::uuid or d.payload #>> '{data,request_id}' = $4::text)
    and ($5::uuid is null or d.id = $5::uuid)
order by d.id desc
limit $2::integer
