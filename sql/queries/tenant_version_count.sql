-- scope: migrate
select schema_version, count(*) from public.tenant where state <> 'terminated' group by schema_version order by schema_version
