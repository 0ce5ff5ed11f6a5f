-- scope: public
-- $1 resource, $2 before this grant, $3 how many
select g.id, jsonb_build_object(
        'id', g.id, 'tenant', g.tenant_id, 'edition', g.edition,
        'tenant_name', (select t.name from public.tenant t where t.id = g.tenant_id),
        'credential', (select c.name from public.credential c where c.id = g.credential_id),
        'rate_per_minute', g.rate_per_minute, 'expires_at', public.utc_text(g.expires_at),
        'created_at', public.utc_text(g.created_at))
from public.http_grant g
where g.resource_id = $1::uuid
    and ($2::uuid is null or g.id < $2::uuid)
order by g.id desc
limit $3::integer
