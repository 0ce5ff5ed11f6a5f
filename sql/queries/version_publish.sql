-- scope: tenant
-- $1 version, $2 who, $3 actor kind. What was published before stays so: it
-- runs for plans that were made on it and for whoever names it by number. A yank stops it.
with published as (
    update {{t}}.skill_version
    set state = 'published',
        published_at = now()
    where id = $1::uuid
        and state = 'approved'
    returning id, skill_id, digest, number
), pointed as (
    update {{t}}.skill s
    set published_version = p.id,
        revision = s.revision + 1,
        updated_at = now()
    from published p
    where s.id = p.skill_id
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $2::uuid, $3, 'skill', 'skill.published', 'skill_version', p.id::text,
        jsonb_build_object('version', p.number, 'digest', p.digest)
    from published p
)
select public.gov_must(exists (select from published), 'conflict')
