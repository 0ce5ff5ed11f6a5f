-- scope: public
-- $1 id, $2 enabled, $3 name of its credential (null: none), $4 definition, $5 user, $6 revision it must have
-- (null: any)
with wanted as (
    select (select c.id from public.credential c where c.name = $3 and c.tenant_id is null) as credential_id
), changed as (
    update public.http_resource r
    set enabled = $2::boolean,
        credential_id = w.credential_id,
        definition = $4::jsonb,
        revision = r.revision + 1,
        updated_at = now()
    from wanted w
    where r.id = $1::uuid
        and ($6::integer is null or r.revision = $6::integer)
    returning r.id, r.revision
), version as (
    insert into public.http_resource_version (resource_id, revision, definition, created_by)
    select c.id, c.revision, $4::jsonb, $5::uuid
    from changed c
)
select public.gov_must($3::text is null or w.credential_id is not null, 'not_found'),
    public.gov_must(exists (select from changed), 'precondition_failed')
from wanted w
