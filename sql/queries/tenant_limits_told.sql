-- scope: public
-- $1 tenant: its schema, and what the queue is told of it (tenant_limits.h)
select t.schema, t.weight, t.concurrency_limit, t.rate_per_s, t.paused or not t.run_allowed, public.queue_limit_text(t.id), t.revision
from public.tenant t
where t.id = $1::uuid
