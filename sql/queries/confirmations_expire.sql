-- scope: tenant
-- Confirmations whose time is over, of a tenant whose jobs do not run: their own clock goes on. Returns the requests.
select c.request_id
from {{t}}.confirmation c
where c.state = 'waiting'
    and c.expires_at <= now()
    and {{t}}.confirmation_expire_{{t}}(c.request_id)
