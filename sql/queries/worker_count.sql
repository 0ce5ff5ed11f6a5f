-- scope: public
-- scan: there are as many rows as worker processes of two days
-- How many workers are alive that serve lane $1 ("ctl": any).
-- scan: there are as many rows as processes
select count(*)
from public.worker
where state = 'active'
    and heartbeat_at > now() - interval '150 seconds'
    and ($1 = 'ctl' or $1 = any (lanes))
