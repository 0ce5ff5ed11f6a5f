-- The my_* views find their tenant by index: current_user is a name, whose collation "C" is not the
-- index's, so that every use of a view read the whole table of tenants.

create or replace view public.my_tenant with (security_barrier) as
select t.id, t.schema, t.name, t.kind, t.state, t.timezone, t.locale, t.weight,
       t.concurrency_limit, t.paused, t.store_quota_bytes
from public.tenant t
where t.schema = current_user::text collate "default";

create or replace view public.my_members with (security_barrier) as
select m.user_id, m.role, u.email, u.name, u.timezone, u.locale, u.state
from public.tenant t
join public.membership m on m.tenant_id = t.id
join public.app_user u on u.id = m.user_id
where t.schema = current_user::text collate "default";
