-- scope: migrate
-- $1 key. One migrator at a time in a database; held until its connection ends.
select pg_advisory_lock($1::bigint)
