-- scope: public
-- Where worker $1 runs, and how long ago it was heard of.
select w.host, w.pid, w.state, (extract(epoch from now() - w.heartbeat_at) * 1000)::bigint, w.version
from public.worker w
where w.id = $1::uuid
