-- scope: tenant
-- The audit row that the next $2 after $1 reach up to; $1 null: the newest of all.
select coalesce(max(w.id), $1::bigint, 0)
from (
    (select a.id
     from {{t}}.audit_event a
     where a.id > $1::bigint
     order by a.id
     limit $2::integer)
    union all
    (select a.id
     from {{t}}.audit_event a
     where $1::bigint is null
     order by a.id desc
     limit 1)
) w
