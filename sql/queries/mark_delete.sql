-- scope: public
-- Nothing of these tenants needs a visit before the present minute any more.
delete from public.mark
where tenant_id = any ($1::uuid[])
    and minute < date_trunc('minute', now(), 'UTC')
