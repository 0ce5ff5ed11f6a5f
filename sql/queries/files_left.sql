-- scope: tenant
-- Everything whose bytes are still there, $1 at most: all of it goes.
select f.id
from {{t}}.file f
where f.deleted_at is null
order by f.id
limit $1::integer
