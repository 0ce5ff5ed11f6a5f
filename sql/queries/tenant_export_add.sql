-- scope: public
-- An owner has a copy: $1 id, $2 tenant, $3 user, $4 manifest's digest, $5 records, $6 files, $7 bytes. The same again is the same.
with added as (
    insert into public.tenant_export (id, tenant_id, user_id, manifest_sha256, records, files, bytes)
    values ($1::uuid, $2::uuid, $3::uuid, $4, $5::bigint, $6::bigint, $7::bigint)
    on conflict on constraint tenant_export_once do nothing
    returning *
), told as (
    select public.audit_add($2::uuid, $3::uuid, 'user', 'operation', 'tenant.exported', 'export', a.id::text,
        jsonb_build_object('manifest_sha256', a.manifest_sha256, 'records', a.records, 'files', a.files, 'bytes', a.bytes))
    from added a
), kept as (
    select a.id, a.at, a.manifest_sha256, a.records, a.files, a.bytes from added a
    union all
    select e.id, e.at, e.manifest_sha256, e.records, e.files, e.bytes
    from public.tenant_export e
    where e.tenant_id = $2::uuid
        and e.manifest_sha256 = $4
)
select k.id, jsonb_build_object('id', k.id, 'at', public.utc_text(k.at), 'manifest_sha256', k.manifest_sha256,
    'records', k.records, 'files', k.files, 'bytes', k.bytes)
from kept k
left join told on true
limit 1
