-- scope: tenant
-- The check's result: $1 version, $2 state (in_review | refused), $3 tree digest, $4 manifest, $5 findings,
-- $6 files, $7 readme, $8 digest of the runtime that its own wheels made (null: it brought none),
-- $9 texts of the files, $10 bytes of that runtime. The skill takes title, description and examples of its first good version.
-- Of a refused package only the findings stay.
with checked as (
    update {{t}}.skill_version
    set state = $2,
        tree_digest = $3,
        runtime = coalesce($4::jsonb ->> 'runtime', runtime),
        runtime_digest = $8,
        manifest = $4::jsonb,
        findings = $5::jsonb,
        files = $6::jsonb,
        readme = $7,
        sources = $9::jsonb
    where id = $1::uuid
        and state = 'checking'
    returning id, skill_id, package_file
), weighed as (
    insert into {{t}}.own_runtime (digest, bytes)
    select $8, $10::bigint
    from checked
    where $8 is not null
    on conflict (digest) do nothing
), dropped as (
    update {{t}}.file f
    set deleted_at = now()
    from checked c
    where f.id = c.package_file
        and $2 = 'refused'
), described as (
    update {{t}}.skill s
    set title = coalesce($4::jsonb -> 'title', s.title),
        description = coalesce($4::jsonb -> 'description', s.description),
        updated_at = now()
    from checked c
    where s.id = c.skill_id
        and s.published_version is null
        and $4::jsonb is not null
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, detail)
select 'worker', 'skill', 'skill.checked', 'skill_version', id::text, jsonb_build_object('state', $2)
from checked
