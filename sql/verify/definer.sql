-- A function that runs as its owner must not look names up where its caller can put them.
select p.oid::regprocedure::text, 'runs as its owner without a fixed search_path'
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and p.prosecdef
  and not coalesce(array['search_path=pg_catalog, pg_temp'] <@ p.proconfig, false)
union all
-- The guard and the decision are there and switched on in every tenant.
select t.schema, 'does not guard its run jobs'
from public.tenant t
where t.state <> 'terminated'
  and not exists (
    select
    from pg_trigger g
    join pg_class c on c.oid = g.tgrelid and c.relname = 'job'
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = t.schema
    where g.tgname = 'job_needs_confirmation'
      and g.tgenabled <> 'D')
