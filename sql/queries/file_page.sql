-- scope: tenant
-- Files of a kind, newest first: $1 before (null: newest), $2 how many, $3 created_by (null: anybody), $4 kind
select f.id, f.kind, f.name, f.size, f.sha256, f.media_type, f.created_by,
    (select m.name from public.my_members m where m.user_id = f.created_by), f.created_at
from {{t}}.file f
where f.kind = $4
    and f.deleted_at is null
    and ($1::uuid is null or f.id < $1::uuid)
    and ($3::uuid is null or f.created_by = $3::uuid)
order by f.id desc
limit $2::integer
