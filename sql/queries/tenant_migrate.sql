-- scope: migrate
-- $1 schema
select public.tenant_migrate($1)
