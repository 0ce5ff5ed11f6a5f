-- scope: tenant
-- $1 key, $2 members to set, $3 user. `version` counts the changes: it is part of a plan's digest.
insert into {{t}}.setting as s (key, value, updated_by)
values ($1, $2::jsonb || '{"version": 1}', $3::uuid)
on conflict on constraint setting_pk do update
set value = s.value || excluded.value || jsonb_build_object('version', s.revision + 1),
    revision = s.revision + 1,
    updated_by = excluded.updated_by,
    updated_at = now()
