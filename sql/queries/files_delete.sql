-- scope: tenant
-- The bytes of these files are gone: $1 ids.
update {{t}}.file f
set deleted_at = now()
where f.id = any ($1::uuid[])
    and f.deleted_at is null
