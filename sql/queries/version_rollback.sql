-- scope: tenant
-- $1 version, $2 comment, $3 who, $4 actor kind. Locks the version, so that nobody withdraws it meanwhile.
with target as (
    select v.id, v.skill_id, v.number, v.digest
    from {{t}}.skill_version v
    where v.id = $1::uuid
        and v.state = 'published'
    for no key update
), pointed as (
    update {{t}}.skill s
    set published_version = t.id,
        revision = s.revision + 1,
        updated_at = now()
    from target t
    where s.id = t.skill_id
        and s.published_version is distinct from t.id
    returning s.id, t.id as version, t.number, t.digest
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $3::uuid, $4, 'skill', 'skill.rolled_back', 'skill_version', p.version::text,
        jsonb_strip_nulls(jsonb_build_object('version', p.number, 'digest', p.digest, 'comment', $2::text))
    from pointed p
)
select public.gov_must(exists (select from pointed), 'conflict')
