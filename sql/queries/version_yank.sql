-- scope: tenant
-- $1 version, $2 comment, $3 who, $4 actor kind. If it was the current one, the skill has none now.
with yanked as (
    update {{t}}.skill_version
    set state = 'yanked',
        yanked_at = now()
    where id = $1::uuid
        and state in ('approved', 'published')
    returning id, skill_id, digest, number
), unpointed as (
    update {{t}}.skill s
    set published_version = null,
        revision = s.revision + 1,
        updated_at = now()
    from yanked y
    where s.id = y.skill_id
        and s.published_version = y.id
    returning s.id
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $3::uuid, $4, 'skill', 'skill.yanked', 'skill_version', y.id::text,
        jsonb_strip_nulls(jsonb_build_object('version', y.number, 'digest', y.digest, 'comment', $2::text,
            'was_current', exists (select from unpointed)))
    from yanked y
)
select public.gov_must(exists (select from yanked), 'conflict')
