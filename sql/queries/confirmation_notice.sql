-- scope: tenant
-- Only if it still waits: an event that listeners and the audit see. $3 reminded | escalated. Nobody is reminded
-- of what waits for the requester's answer.
with waiting as (
    select c.id, c.request_id, c.expires_at
    from {{t}}.confirmation c
    where c.id = $2::uuid
        and c.state = 'waiting'
        and ($3 <> 'reminded' or c.asked_at is null)
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id)
    select 'system', 'confirmation', 'confirmation.' || $3, 'confirmation', id::text, request_id
    from waiting
)
select {{t}}.request_event_add_{{t}}($1::uuid, 'confirmation', jsonb_build_object(
    'confirmation_id', w.id, 'state', $3::text, 'expires_at', w.expires_at))
from waiting w
