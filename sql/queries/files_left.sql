-- scope: tenant
-- Everything whose bytes are still there, $1 at most: all of it goes.
-- scan: a tenant that is removed is read from one end to the other
select f.id
from {{t}}.file f
where f.deleted_at is null
order by f.id
limit $1::integer
