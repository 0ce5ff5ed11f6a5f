-- scope: migrate
select version, name, sha256 from public.migration order by version
