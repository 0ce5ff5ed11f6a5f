-- scope: tenant
-- $1 actor, $2 actor kind, $3 kind, $4 action, $5 subject kind, $6 subject, $7 detail (null: none)
insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
values ($1::uuid, $2, $3, $4, $5, $6, coalesce($7::jsonb, '{}'))
