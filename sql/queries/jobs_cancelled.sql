-- scope: tenant
-- Which of $1 somebody wants cancelled, or are not worker $2's any more.
select w.id
from unnest($1::uuid[]) as w (id)
left join {{t}}.job_live l on l.job_id = w.id
where l.job_id is null
    or l.cancel_requested
    or l.worker is distinct from $2::uuid
