-- scope: tenant
-- $1 skill, $2 revision that was seen, $3 enabled, $4 title, $5 description, $6 examples, $7 owner (null:
-- unchanged each), $8 who, $9 actor kind, $10 what the audit says.
with changed as (
    update {{t}}.skill
    set enabled = coalesce($3::boolean, enabled),
        title = coalesce($4::jsonb, title),
        description = coalesce($5::jsonb, description),
        examples = coalesce($6::jsonb, examples),
        owner = coalesce($7::uuid, owner),
        revision = revision + 1,
        updated_at = now()
    where id = $1::uuid
        and revision = $2::integer
    returning id
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $8::uuid, $9, 'skill', 'skill.changed', 'skill', c.id::text, $10::jsonb
    from changed c
)
select public.gov_must(exists (select from changed), 'precondition_failed')
