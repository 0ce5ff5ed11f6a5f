-- scope: tenant
-- A message to a registered host. $1 id, $2 url, $3 subject, $4 payload.
insert into {{t}}.delivery (id, url, subject, payload)
values ($1::uuid, $2, $3::uuid, $4::jsonb)
