-- What everybody may do, and with it every tenant's role: read the my_* views, nothing else of ours.
select c.oid::regclass::text, 'public has ' || a.privilege_type
from pg_class c
cross join lateral aclexplode(c.relacl) a
where c.relnamespace = 'public'::regnamespace
  and a.grantee = 0
  and not (c.relkind = 'v' and c.relname like 'my\_%' and a.privilege_type = 'SELECT')
union all
select c.oid::regclass::text, a.grantee::regrole || ' has ' || a.privilege_type
from pg_class c
cross join lateral aclexplode(c.relacl) a
where c.relnamespace = 'public'::regnamespace
  and a.grantee <> 0
  and a.grantee::regrole::text ~ '^(t_[0-9a-f]{16}|execgov_stripe_[0-9]+)$'
union all
select c.oid::regclass::text, 'is not a security barrier'
from pg_class c
where c.relnamespace = 'public'::regnamespace
  and c.relkind = 'v'
  and c.relname like 'my\_%'
  and not coalesce(c.reloptions @> array['security_barrier=true'], false)
union all
select p.oid::regprocedure::text, 'may be executed by public'
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))
  -- raises an error as its caller, writes a time as text, or is a fixed text itself: which anybody may
  and not (n.nspname = 'public' and p.proname in ('gov_must', 'utc_text', 'shutdown_error') and not p.prosecdef)
union all
select p.oid::regprocedure::text, 'may be executed by public'
from pg_proc p
where p.pronamespace = 'pg_catalog'::regnamespace
  and (p.proname = 'set_config' or p.proname ~ '^(query|cursor|table|schema|database)_to_xml'
       or p.proname ~ '^lo_' or p.proname ~ '^pg_(try_)?advisory_' or p.proname = 'ts_stat')
  and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))
union all
select 'language ' || l.lanname, 'may be used by public'
from pg_language l
where l.lanpltrusted
  and l.lanname not in ('internal', 'c', 'sql')
  and (l.lanacl is null or exists (select from aclexplode(l.lanacl) a where a.grantee = 0))
union all
select 'database ' || d.datname, 'public has ' || a.privilege_type
from pg_database d
cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
where d.datname = current_database()
  and a.grantee = 0
union all
select 'schema public', 'public may create in it'
from pg_namespace n
cross join lateral aclexplode(n.nspacl) a
where n.nspname = 'public'
  and a.grantee = 0
  and a.privilege_type <> 'USAGE'
