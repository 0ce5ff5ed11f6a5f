-- scope: public
-- Identity $1 was seen in the store.
-- scan file_store: one row
update public.file_store
set settled = true
where identity = $1
    and not settled
