-- scope: egress
-- $1 code of a payment provider that is switched on: its kind and its sealed credential
select p.kind, c.id, c.tenant_id, c.version, v.key_id, v.wrapped_key, v.nonce, v.value
from public.payment_provider p
join public.credential c on c.id = p.credential_id
join public.credential_value v on v.credential_id = c.id and v.version = c.version
where p.code = $1
    and p.enabled
