-- Everything belongs to gov_owner: any other owner could grant itself what was revoked.
select n.nspname || '.' || c.relname, 'belongs to ' || c.relowner::regrole
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and c.relowner <> 'gov_owner'::regrole
union all
select p.oid::regprocedure::text, 'belongs to ' || p.proowner::regrole
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and p.proowner <> 'gov_owner'::regrole
union all
select n.nspname, 'belongs to ' || n.nspowner::regrole
from pg_namespace n
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and n.nspowner <> 'gov_owner'::regrole
