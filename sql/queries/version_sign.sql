-- scope: tenant
-- $1 version, $2 signature as minisign wrote it, $3 key id, $4 who, $5 actor kind.
with signed as (
    update {{t}}.skill_version
    set signature = jsonb_build_object('text', $2::text, 'by', $4::uuid, 'at', now())
    where id = $1::uuid
        and state <> 'refused'
    returning id, digest, number
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $4::uuid, $5, 'skill', 'skill.signed', 'skill_version', s.id::text,
        jsonb_build_object('version', s.number, 'digest', s.digest, 'key', $3::text)
    from signed s
)
select public.gov_must(exists (select from signed), 'conflict')
