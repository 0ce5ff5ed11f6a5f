-- scope: public
-- The backstop: every tenant gets a visit.
insert into public.mark (tenant_id, minute)
select t.id, date_trunc('minute', now(), 'UTC')
from public.tenant t
on conflict do nothing
