-- scope: public
-- The tenant with id $1: where its rows are.
select t.schema, t.stripe, t.id, t.name
from public.tenant t
where t.id = $1::uuid
    and t.state <> 'terminated'
