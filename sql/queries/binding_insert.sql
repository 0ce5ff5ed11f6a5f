-- scope: tenant
-- Second of two: $1 skill, $2 [{kind, subject, actions}], $3 who, $4 actor kind.
with bound as (
    insert into {{t}}.skill_binding (skill_id, subject_kind, subject, actions)
    select $1::uuid, b.kind, b.subject, b.actions
    from jsonb_to_recordset($2::jsonb) as b (kind text, subject text, actions text[])
)
insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
values ($3::uuid, $4, 'skill', 'skill.bound', 'skill', $1, jsonb_build_object('bindings', $2::jsonb))
