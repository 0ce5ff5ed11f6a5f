-- scope: tenant
-- $1 host, $2 its sealed secret, $3 user
insert into {{t}}.callback_host (host, sealed, created_by)
values ($1, $2::jsonb, $3::uuid)
