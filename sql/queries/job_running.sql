-- scope: tenant
-- What runs, and under which fence: what the tenant's slots in Redis are held against.
-- scan job_live: job_live holds only what has not ended
select l.job_id, l.fence
from {{t}}.job_live l
where l.state = 'running'
