-- scope: public
-- The backstop: every tenant gets a visit. Its minute is past, so that a visit that finds nothing is the only one.
-- scan tenant: all of them are wanted, but for those that are no more
insert into public.mark (tenant_id, minute)
select t.id, date_trunc('minute', now(), 'UTC') - interval '1 minute'
from public.tenant t
where t.state <> 'terminated'
on conflict do nothing
