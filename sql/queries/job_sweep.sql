-- scope: tenant
-- What should be in Redis: the $1 oldest ready jobs, and the newest, among which is what was lost between a commit
-- and its push while others wait in thousands (what lies between: job_walk.sql); and all that runs, for a rebuild ($2 true).
-- Each row's job is looked up for it (offset 0 keeps that so): a plain join that was prepared while the tables were
-- empty walks all jobs, and through what was found here for each of them.
-- scan job_live: job_live holds only what has not ended
select j.id, l.fence, j.lane, j.class, j.kind, j.timeout_ms, j.payload ->> 'skill', j.payload ->> 'action',
    j.payload ->> 'concurrency_key', l.state, l.worker,
    (extract(epoch from clock_timestamp() - l.started_at) * 1000)::bigint
from (
    (select r.job_id, r.fence, r.state, r.worker, r.started_at
        from {{t}}.job_live r
        where r.state = 'running'
            and $2::boolean)
    union
    (select w.job_id, w.fence, w.state, w.worker, w.started_at
        from {{t}}.job_live w
        where w.state = 'ready'
        order by w.job_id
        limit $1::integer)
    union
    (select n.job_id, n.fence, n.state, n.worker, n.started_at
        from {{t}}.job_live n
        where n.state = 'ready'
        order by n.job_id desc
        limit 500)
) l
cross join lateral (
    select k.id, k.lane, k.class, k.kind, k.timeout_ms, k.payload
    from {{t}}.job k
    where k.id = l.job_id
    offset 0
) j
order by l.job_id
