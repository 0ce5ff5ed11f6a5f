-- scope: tenant
-- $1 run, $2 the artifact's name or id
select f.id, f.kind, f.name, f.size, f.sha256, f.media_type, f.created_by,
    (select m.name from public.my_members m where m.user_id = f.created_by), f.created_at
from {{t}}.file f
where f.job_id = $1::uuid
    and f.kind = 'artifact'
    and f.deleted_at is null
    and (f.id::text = lower($2) or f.name = normalize($2::text, NFC))
order by f.id desc
limit 1
