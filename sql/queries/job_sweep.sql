-- scope: tenant
-- What should be in Redis: ready jobs in id order, $1 how many; and all that runs, for a rebuild ($2 true).
-- scan: job_live holds only what has not ended
select j.id, l.fence, j.lane, j.class, j.kind, j.timeout_ms, l.state, l.worker,
    j.payload ->> 'skill', j.payload ->> 'action',
    (extract(epoch from clock_timestamp() - l.started_at) * 1000)::bigint,
    j.payload ->> 'concurrency_key'
from (
    (select r.job_id, r.fence, r.state, r.worker, r.started_at
        from {{t}}.job_live r
        where r.state = 'running'
            and $2::boolean)
    union all
    (select w.job_id, w.fence, w.state, w.worker, w.started_at
        from {{t}}.job_live w
        where w.state = 'ready'
        order by w.job_id
        limit $1::integer)
) l
join {{t}}.job j on j.id = l.job_id
