-- scope: public
-- $1 seconds; refused unless the database is one for tests
select public.test_clock_advance($1::integer * interval '1 second')
