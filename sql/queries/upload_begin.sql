-- scope: tenant
-- An upload in pieces: $1 id, $2 name, $3 media type, $4 size, $5 who, $6 when it is given up. It has to fit into the
-- store quota, beside the others that are under way.
-- scan file_total: one row, and uploads that are under way are few
with begun as (
    insert into {{t}}.upload (id, name, media_type, size, created_by, expires_at)
    values ($1::uuid, normalize($2::text, NFC), $3, $4::bigint, $5::uuid, $6::timestamptz)
    returning id
)
select b.id, public.gov_must((
    select t.bytes + $4::bigint + (select coalesce(sum(u.size), 0) from {{t}}.upload u where u.expires_at > now())
        <= n.store_quota_bytes
    from {{t}}.file_total t
    cross join public.my_tenant n), 'quota_exceeded')
from begun b
