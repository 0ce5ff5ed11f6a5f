-- scope: tenant
-- $6 rule, $7 expires_at, $8 remind_at, $9 skill/action
with made as (
    insert into {{t}}.confirmation (id, request_id, plan_id, digest, requester, rule, expires_at,
        remind_at, action)
    values ($1::uuid, $2::uuid, $3::uuid, $4, $5::uuid, $6::jsonb, $7::timestamptz,
        $8::timestamptz, $9)
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
values ('worker', 'confirmation', 'confirmation.asked', 'confirmation', $1, $2::uuid,
    jsonb_build_object('digest', $4, 'expires_at', $7))
