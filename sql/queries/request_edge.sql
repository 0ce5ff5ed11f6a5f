-- scope: tenant
-- The last of the requests that request_page looks through: $1 before; no row where it looked through all, or those
-- further on were made before $2. Where a filter left a page short, the list goes on there.
select k.id
from (
    (select r.id
     from {{t}}.request r
     where r.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by r.id desc
     limit 1000)
    union all
    (select j.id
     from {{t}}.job j
     where j.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        and j.kind = 'run'
        and j.request_id = j.id
        and (select r.id from {{t}}.request r where r.id = j.id) is null
     order by j.id desc
     limit 1000)
    order by id desc
    offset 999
    limit 1
) k
where $2::timestamptz is null
    or k.id >= (lpad(to_hex((extract(epoch from $2::timestamptz - interval '1 hour') * 1000)::bigint), 12, '0')
        || '00000000000000000000')::uuid
