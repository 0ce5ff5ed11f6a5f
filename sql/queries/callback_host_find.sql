-- scope: tenant
select host
from {{t}}.callback_host
where host = lower($1)
