-- scope: egress
-- A message that is being sent: $1 outbox row, $2 attempt; with its channel and what is sealed for it. No row:
-- it is not being sent, or there is no such channel for it.
select o.message_id, o.event, o.endpoint, c.kind, c.settings, k.id, k.tenant_id, k.version, v.key_id, v.wrapped_key,
    v.nonce, v.value, c.credential_id
from public.outbox o
join public.channel c on c.name = o.channel
    and c.enabled
    and (c.tenant_id is null or c.tenant_id = o.tenant_id)
left join public.credential k on k.id = c.credential_id
    and (k.tenant_id is null or k.tenant_id = o.tenant_id)
left join public.credential_value v on v.credential_id = k.id and v.version = k.version
where o.id = $1::uuid
    and o.state = 'sending'
    and o.attempts = $2::smallint
