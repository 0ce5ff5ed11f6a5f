-- scope: public
select id, stripe, name, state, timezone, locale, weight, concurrency_limit, paused
from public.tenant
where schema = $1
