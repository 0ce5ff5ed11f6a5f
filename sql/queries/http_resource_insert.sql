-- scope: public
-- $1 id, $2 name, $3 enabled, $4 name of its credential (null: none), $5 definition, $6 user. Fails (not_found)
-- when there is no such credential or it belongs to a tenant.
with wanted as (
    select (select c.id from public.credential c where c.name = $4 and c.tenant_id is null) as credential_id
), made as (
    insert into public.http_resource (id, name, enabled, credential_id, definition, created_by)
    select $1::uuid, $2, $3::boolean, w.credential_id, $5::jsonb, $6::uuid
    from wanted w
), version as (
    insert into public.http_resource_version (resource_id, revision, definition, created_by)
    values ($1::uuid, 1, $5::jsonb, $6::uuid)
)
select public.gov_must($4::text is null or w.credential_id is not null, 'not_found')
from wanted w
