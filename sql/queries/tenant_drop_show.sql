-- scope: public
-- $1 tenant: how far its end is, where its rows are, and whether they are on their way out, or gone
select t.id, public.tenant_drop_json(t.id), t.schema, t.stripe, d.tenant_id is not null, d.ended_at is not null
from public.tenant t
left join public.tenant_drop d on d.tenant_id = t.id
where t.id = $1::uuid
