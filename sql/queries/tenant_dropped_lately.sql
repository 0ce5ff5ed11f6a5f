-- scope: public
-- Schemas of tenants that were dropped within a day: whoever read one's settings before may tell the queue of them afterwards.
select t.schema
from public.tenant_drop d
join public.tenant t on t.id = d.tenant_id
where d.ended_at > now() - interval '1 day'
