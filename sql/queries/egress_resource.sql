-- scope: egress
-- Resource $2 as granted to tenant $1, with the sealed credential that goes with it. A tenant's own grant goes
-- before one for its edition, and that before one for everybody.
select r.id, r.name, r.revision, r.definition, g.rate_per_minute, c.id, c.tenant_id, c.version, v.key_id,
    v.wrapped_key, v.nonce, v.value
from public.http_resource r
join public.http_grant_reach g on g.resource_id = r.id and g.tenant_id = $1::uuid
left join public.credential c on c.id = coalesce(g.credential_id, r.credential_id)
    and (c.tenant_id is null or c.tenant_id = $1::uuid)
left join public.credential_value v on v.credential_id = c.id and v.version = c.version
where r.name = $2
    and r.enabled
    and (g.expires_at is null or g.expires_at > now())
    and (coalesce(g.credential_id, r.credential_id) is null or c.id is not null)
order by g.distance
limit 1
