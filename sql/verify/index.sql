-- An index that failed to build is not used, and still paid.
select i.indexrelid::regclass::text, 'is not valid'
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where (n.nspname = 'public' or n.nspname ~ '^t_[0-9a-f]{16}$')
  and not i.indisvalid
