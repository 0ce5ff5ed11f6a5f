-- scope: migrate
-- $1 version, $2 name, $3 text, $4 SHA-256 of the text, hex
insert into public.tenant_migration (version, name, body, sha256) values ($1::integer, $2, $3, $4)
