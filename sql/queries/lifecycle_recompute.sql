-- scope: lifecycle
-- $1 tenants whose blocks a batch has written
select count(*) from public.tenant_recompute($1::uuid[])
