-- scope: public
-- $1 resource, $2 ids of the grants, $3 tenants (one each; null for every tenant), $4 name of a credential
-- (null: the resource's), $5 rate, $6 expiry, $7 user, $8 editions (one each; null: none). A grant that is there
-- is changed.
with wanted as (
    select (select c.id from public.credential c where c.name = $4) as credential_id,
        (select c.tenant_id from public.credential c where c.name = $4) as tenant_id
), made as (
    insert into public.http_grant (id, resource_id, tenant_id, edition, credential_id, rate_per_minute, expires_at, created_by)
    select g.id, $1::uuid, g.tenant_id, g.edition, w.credential_id, $5::integer, $6::timestamptz, $7::uuid
    from unnest($2::uuid[], $3::uuid[], $8::text[]) as g (id, tenant_id, edition)
    cross join wanted w
    on conflict on constraint http_grant_once
    do update set credential_id = excluded.credential_id,
        rate_per_minute = excluded.rate_per_minute,
        expires_at = excluded.expires_at
    returning tenant_id
)
select public.gov_must($4::text is null or w.credential_id is not null, 'not_found'),
    public.gov_must(w.tenant_id is null or not exists (
        select from made m where m.tenant_id is distinct from w.tenant_id), 'not_found')
from wanted w
