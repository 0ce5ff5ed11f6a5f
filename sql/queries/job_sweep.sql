-- scope: tenant
-- What should be in Redis: ready jobs in id order, $1 how many; and what runs, for a rebuild ($2 true).
select j.id, l.fence, j.lane, j.class, j.kind, j.timeout_ms, l.state, l.worker,
    j.payload ->> 'skill', j.payload ->> 'action',
    (extract(epoch from clock_timestamp() - l.started_at) * 1000)::bigint
from {{t}}.job_live l
join {{t}}.job j on j.id = l.job_id
where l.state = 'ready'
    or (l.state = 'running' and $2::boolean)
order by l.job_id
limit $1::integer
