-- scope: tenant
-- The next ready jobs of a lane and class after $3, for a refill.
select j.id, l.fence, j.kind, j.timeout_ms, j.payload ->> 'skill', j.payload ->> 'action',
    j.payload ->> 'concurrency_key'
from {{t}}.job_live l
join {{t}}.job j on j.id = l.job_id
where l.state = 'ready'
    and j.lane = $1
    and j.class = $2
    and l.job_id > $3::uuid
order by l.job_id
limit $4::integer
