-- scope: tenant
-- What a person sent: $1 id, $2 kind (upload | package), $3 name, $4 size, $5 SHA-256, $6 media type,
-- $7 who, $8 actor kind. It has to fit into the store quota. Names are kept in NFC, so that the same name from two systems is the same.
-- scan file_total: file_total is one row
with kept as (
    insert into {{t}}.file (id, kind, name, size, sha256, media_type, created_by)
    values ($1::uuid, $2, normalize($3::text, NFC), $4::bigint, $5, $6, $7::uuid)
    returning id, kind, name, size, sha256, created_at
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $7::uuid, $8, 'file', 'file.uploaded', 'file', k.id::text,
        jsonb_build_object('kind', k.kind, 'name', k.name, 'size', k.size, 'sha256', k.sha256)
    from kept k
)
select k.name, k.created_at,
    public.gov_must((
        select t.bytes + $4::bigint <= n.store_quota_bytes
        from {{t}}.file_total t
        cross join public.my_tenant n), 'quota_exceeded')
from kept k
