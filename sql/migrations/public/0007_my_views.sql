-- What a tenant's role may know of schema public: its own rows. Everybody may read the views, and
-- whoever is not a tenant's role finds them empty. security_barrier: no condition of the reader is
-- evaluated before the filter.

create view public.my_tenant with (security_barrier) as
select t.id, t.schema, t.name, t.kind, t.state, t.timezone, t.locale, t.weight,
       t.concurrency_limit, t.paused, t.store_quota_bytes
from public.tenant t
where t.schema = current_user;
comment on view public.my_tenant is 'the tenant whose role is asking';
grant select on public.my_tenant to public;

create view public.my_members with (security_barrier) as
select m.user_id, m.role, u.email, u.name, u.timezone, u.locale, u.state
from public.tenant t
join public.membership m on m.tenant_id = t.id
join public.app_user u on u.id = m.user_id
where t.schema = current_user;
comment on view public.my_members is 'the people of the tenant whose role is asking';
grant select on public.my_members to public;
