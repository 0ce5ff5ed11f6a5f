-- scope: public
-- Every tenant's limits (tenant_limits.h), for a queue that is filled anew.
-- scan tenant: all of them are wanted
select t.schema, t.weight, t.concurrency_limit, t.rate_per_s, t.paused or t.state <> 'active',
    public.queue_limit_text(t.id)
from public.tenant t
where t.state <> 'terminated'
