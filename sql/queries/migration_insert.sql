-- scope: migrate
-- $1 version, $2 name, $3 SHA-256 of the file, hex
insert into public.migration (version, name, sha256) values ($1::integer, $2, $3)
