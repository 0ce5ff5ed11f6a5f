-- Login roles are powerless without `set role`, gov_owner is nobody's, and tenants' roles are plain.
select r.rolname, 'has an attribute too many'
from pg_roles r
where (r.rolname ~ '^(execgov_stripe_[0-9]+|t_[0-9a-f]{16})$' or r.rolname in ('execgov_platform', 'execgov_egress'))
  and (r.rolsuper or r.rolinherit or r.rolcreaterole or r.rolcreatedb or r.rolreplication
       or r.rolbypassrls)
union all
select r.rolname, 'can log in'
from pg_roles r
where (r.rolname ~ '^t_[0-9a-f]{16}$' or r.rolname = 'gov_owner')
  and r.rolcanlogin
union all
select m.member::regrole::text, 'is a member of gov_owner'
from pg_auth_members m
join pg_roles r on r.oid = m.member
where m.roleid = 'gov_owner'::regrole
  and not r.rolsuper
union all
select m.member::regrole::text, 'is a member of ' || m.roleid::regrole
from pg_auth_members m
join pg_roles r on r.oid = m.member
where r.rolname ~ '^t_[0-9a-f]{16}$' or r.rolname in ('execgov_platform', 'execgov_egress')
