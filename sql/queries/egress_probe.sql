-- scope: egress
-- Resource $1 for a probe by the platform, with its own credential; columns as in egress_resource.
select r.id, r.name, r.revision, r.definition, null::integer, c.id, c.tenant_id, c.version, v.key_id,
    v.wrapped_key, v.nonce, v.value
from public.http_resource r
left join public.credential c on c.id = r.credential_id
left join public.credential_value v on v.credential_id = c.id and v.version = c.version
where r.id = $1::uuid
