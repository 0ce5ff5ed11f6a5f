-- as: superuser
-- Postings share their month's lock, a closing has it alone.

grant execute on function pg_catalog.pg_advisory_xact_lock_shared(bigint) to gov_owner;
