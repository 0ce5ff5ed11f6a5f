-- scope: public
-- The identity of the file store, which is $1 if there was none. No row: somebody was first just now, ask again.
-- scan file_store: one row
with made as (
    insert into public.file_store (identity)
    values ($1)
    on conflict do nothing
    returning identity, settled
)
select m.identity, m.settled
from made m
union all
select f.identity, f.settled
from public.file_store f
limit 1
