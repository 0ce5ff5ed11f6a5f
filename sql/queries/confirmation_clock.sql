-- scope: tenant
-- $1 request, $2 ask | reply | extend, $3 comment, $4 session's token hash, $5 id for the job at the new end
select c.code, (extract(epoch from c.ends_at) * 1000000)::bigint
from {{t}}.confirmation_clock_{{t}}($1::uuid, $2, $3, $4::bytea, $5::uuid) c
