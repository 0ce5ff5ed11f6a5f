-- scope: tenant
-- After skill_ensure in the same transaction: $1 id, $2 name of the skill, $3 digest, $4 file of the
-- package, $5 uploader, $6 actor kind.
with made as (
    insert into {{t}}.skill_version (id, skill_id, number, digest, state, package_file, uploaded_by)
    select $1::uuid, s.id,
        coalesce((select max(v.number) from {{t}}.skill_version v where v.skill_id = s.id), 0) + 1,
        $3, 'checking', $4::uuid, $5::uuid
    from {{t}}.skill s
    where s.name = $2
    returning id, number, digest
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $5::uuid, $6, 'skill', 'skill.uploaded', 'skill_version', m.id::text,
        jsonb_build_object('skill', $2, 'version', m.number, 'digest', m.digest)
    from made m
)
select number
from made
