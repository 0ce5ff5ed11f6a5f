-- scope: public
-- One batch of tenant $1, at most $2 of each kind: logs, jobs, requests, others, and the days that files are kept.
select s.logs, s.jobs, s.requests, greatest(s.others, public.retention_sweep_unmet($1::uuid, $2::integer)) as others,
    s.file_days
from public.retention_sweep($1::uuid, $2::integer) s
