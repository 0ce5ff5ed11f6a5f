-- scope: tenant
-- $1 job, $2 [{seq, at, stream, body}]. A chunk that was sent before is left as it is.
insert into {{t}}.run_log (job_id, seq, at, stream, body)
select $1::uuid, c.seq, c.at, c.stream, c.body
from jsonb_to_recordset($2::jsonb) as c (seq integer, at timestamptz, stream text, body text)
on conflict on constraint run_log_pk do nothing
