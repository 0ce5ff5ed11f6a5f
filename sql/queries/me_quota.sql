-- scope: tenant
-- Runs that run now, and how many may.
-- scan: job_live holds only what has not ended
select (select count(*) from {{t}}.job_live l where l.state = 'running'), t.concurrency_limit
from public.my_tenant t
