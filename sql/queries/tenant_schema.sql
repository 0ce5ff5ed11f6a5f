-- scope: public
-- $1 tenant: its schema, if it may run
select t.schema
from public.tenant t
where t.id = $1::uuid
    and t.run_allowed
