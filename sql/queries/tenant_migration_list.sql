-- scope: migrate
select version, name, sha256 from public.tenant_migration order by version
