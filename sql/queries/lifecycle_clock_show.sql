-- scope: public
-- The clock scans go by, and what is due.
select null, public.lifecycle_clock_json()
