-- scope: tenant
-- The archive of a version: $1 name of the skill, $2 number, $3 see only what was published and what this person
-- uploaded or owns (null: all).
select f.id, f.kind, f.name, f.size, f.sha256, f.media_type, v.uploaded_by, null::text, f.created_at, s.owner, v.id
from {{t}}.skill s
join {{t}}.skill_version v on v.skill_id = s.id
join {{t}}.file f on f.id = v.package_file
where s.name = $1
    and v.number = $2::integer
    and f.deleted_at is null
    and ($3::uuid is null or v.state = 'published' or v.uploaded_by = $3::uuid or s.owner = $3::uuid)
