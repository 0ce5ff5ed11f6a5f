-- scope: tenant
-- Runs that run now and how many may; bytes of files and how many there may be; skills that are on and how many may
-- (null: any number).
-- scan job_live, file_total: job_live holds only what has not ended
select (select count(*) from {{t}}.job_live l where l.state = 'running'), t.concurrency_limit,
    (select f.bytes from {{t}}.file_total f), t.store_quota_bytes, q.used, q.most
from public.my_tenant t
left join public.my_quota q on q.resource = 'skills'
