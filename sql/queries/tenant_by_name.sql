-- scope: public
-- The oldest tenant called $1.
-- scan tenant: names are looked up by the seed alone
select id, schema
from public.tenant
where name = $1
order by created_at, id
limit 1
