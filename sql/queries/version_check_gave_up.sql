-- scope: tenant
-- The check of version $1 ended without a result, for reason $2 (en), $3 (zh): whoever uploaded it has to
-- learn that, and may upload the same again.
with checked as (
    update {{t}}.skill_version
    set state = 'refused',
        findings = jsonb_build_array(jsonb_build_object(
            'code', 'check_failed', 'severity', 'error', 'path', '',
            'message', jsonb_build_object('en', $2::text, 'zh', $3::text)))
    where id = $1::uuid
        and state = 'checking'
    returning id, package_file
), dropped as (
    update {{t}}.file f
    set deleted_at = now()
    from checked c
    where f.id = c.package_file
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, detail)
select 'worker', 'skill', 'skill.checked', 'skill_version', id::text,
    jsonb_build_object('state', 'refused', 'code', 'check_failed')
from checked
