-- scope: tenant
-- An attempt was made: $1 delivery, $2 its state now, $3 HTTP status (null: no answer), $4 what went
-- wrong, $5 ms until the next.
with attempted as (
    update {{t}}.delivery
    set state = $2,
        attempts = attempts + 1,
        last_at = now(),
        last_status = $3::integer,
        last_error = $4,
        next_at = case when $2 = 'pending' then now() + make_interval(secs => $5::bigint / 1000.0) end,
        delivered_at = case when $2 = 'delivered' then now() end
    where id = $1::uuid
        and state = 'pending'
    returning id, subject, attempts, state
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
select 'worker', 'delivery', 'delivery.' || case a.state when 'pending' then 'retry' else a.state end,
    'delivery', a.id::text, a.subject,
    jsonb_strip_nulls(jsonb_build_object('attempts', a.attempts, 'status', $3::integer, 'error', $4::text))
from attempted a
