-- scope: tenant
-- Granted resources with these names: $1
select r.name, r.definition, r.credential_version
from public.my_resources r
where r.name = any ($1::text[])
