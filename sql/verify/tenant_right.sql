-- What a tenant's role may do with tables: never more than rows, and facts are only added.
with tenant_table as (
    select n.nspname as tenant, c.oid, c.relname, c.relkind, c.relacl
    from pg_namespace n
    join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'v', 'S')
    where n.nspname ~ '^t_[0-9a-f]{16}$'
), granted as (
    select t.tenant, t.relname, t.relkind, a.grantee, a.privilege_type, a.is_grantable
    from tenant_table t
    cross join lateral aclexplode(t.relacl) a
    where a.grantee <> 'gov_owner'::regrole
)
select g.tenant || '.' || g.relname,
       case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
       || ' has ' || g.privilege_type
from granted g
where g.grantee = 0
   or g.grantee::regrole::text <> g.tenant
   or g.is_grantable
   or g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
   or (g.relkind = 'v' and g.privilege_type <> 'SELECT')
   or (g.relname in ('job', 'job_outcome', 'audit_event', 'audit_seal', 'request', 'request_event',
                     'plan', 'run_log')
       and g.privilege_type not in ('SELECT', 'INSERT'))
   or (g.relname = 'confirmation' and g.privilege_type <> 'SELECT')
union all
select n.nspname, 'its role may create in it'
from pg_namespace n
where n.nspname ~ '^t_[0-9a-f]{16}$'
  and has_schema_privilege(n.nspname, n.oid, 'create')
