-- scope: tenant
-- $1 host, $2 secret in base64, $3 user
insert into {{t}}.callback_host (host, secret, created_by)
values ($1, decode($2, 'base64'), $3::uuid)
