-- scope: egress
-- Definitions of what tenant $1 was granted among the names $2: for finding the resource of an address.
select r.name, r.definition
from public.http_resource r
where r.name = any ($2::text[])
    and r.enabled
    and exists (select from public.http_grant_reach g
        where g.resource_id = r.id
            and g.tenant_id = $1::uuid
            and (g.expires_at is null or g.expires_at > now()))
