-- scope: tenant
select f.id, f.kind, f.name, f.size, f.sha256, f.media_type, f.created_by,
    (select m.name from public.my_members m where m.user_id = f.created_by), f.created_at
from {{t}}.file f
where f.id = $1::uuid
    and f.deleted_at is null
