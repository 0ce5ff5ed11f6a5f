-- scope: public
-- $1 id, $2 format, $3 file's name, $4 its sha256, $5 counts, $6 actor
insert into public.statement_import (id, kind, source, file_name, sha256, counts, actor, at)
values ($1::uuid, 'bank', $2, $3, $4, $5::jsonb, $6::uuid, public.lifecycle_now())
