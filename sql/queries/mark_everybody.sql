-- scope: public
-- The backstop: a visit for those that came to rest since the last one ($1), and for one part in 96 of all tenants ($2 which,
-- 0 to 95; null: all of them). Its minute is past, so that a visit that finds nothing is the only one.
-- scan tenant: there is one look at all tenants in fifteen minutes
insert into public.mark (tenant_id, minute)
select t.id, date_trunc('minute', now(), 'UTC') - interval '1 minute'
from public.tenant t
where t.state <> 'terminated'
    and ($2::integer is null
        or t.id = any ($1::uuid[])
        or (hashtext(t.id::text) & 2147483647) % 96 = $2::integer)
on conflict do nothing
