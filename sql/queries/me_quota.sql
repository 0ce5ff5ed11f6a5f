-- scope: tenant
-- Runs that run now and how many may; bytes of files and how many there may be.
-- scan: job_live holds only what has not ended
select (select count(*) from {{t}}.job_live l where l.state = 'running'), t.concurrency_limit,
    (select f.bytes from {{t}}.file_total f), t.store_quota_bytes
from public.my_tenant t
