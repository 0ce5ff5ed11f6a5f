-- scope: public
-- The database's now (us); moved by the test clock where there is one
select (extract(epoch from public.lifecycle_now()) * 1000000)::bigint
