-- A tenant's role is granted to its own stripe and to nobody else.
select t.schema, 'has no role'
from public.tenant t
where t.state <> 'terminated'
  and not exists (select from pg_roles r where r.rolname = t.schema)
union all
select t.schema, 'is not granted to its stripe'
from public.tenant t
join public.stripe s on s.stripe = t.stripe
where t.state <> 'terminated'
  and not exists (
    select
    from pg_auth_members m
    join pg_roles r on r.oid = m.roleid and r.rolname = t.schema
    join pg_roles l on l.oid = m.member and l.rolname = s.role)
union all
select t.schema, 'is granted to ' || l.rolname
from public.tenant t
join public.stripe s on s.stripe = t.stripe
join pg_roles r on r.rolname = t.schema
join pg_auth_members m on m.roleid = r.oid
join pg_roles l on l.oid = m.member
where l.rolname not in (s.role, 'gov_owner') -- newer PostgreSQL grants a role to its maker
  and not l.rolsuper
