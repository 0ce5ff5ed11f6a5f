-- scope: tenant
select encode(secret, 'hex')
from {{t}}.callback_host
where host = lower($1)
