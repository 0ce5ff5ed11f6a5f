-- scope: public
-- The tenants whose rows are in the schemas $1.
select t.schema, t.id, t.name, t.paused or t.state <> 'active'
from public.tenant t
where t.schema = any ($1::text[])
