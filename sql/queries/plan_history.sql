-- scope: tenant
-- How long action $2 (null: any) of skill $1 took: of its last 50 good runs among the tenant's last 500.
select count(*), (percentile_cont(0.5) within group (order by k.ms))::bigint,
    (percentile_cont(0.9) within group (order by k.ms))::bigint
from (
    select extract(epoch from o.ended_at - o.started_at) * 1000 as ms
    from (
        select j.id, j.payload
        from {{t}}.job j
        where j.kind = 'run'
        order by j.id desc
        limit 500
    ) r
    cross join lateral (
        select x.started_at, x.ended_at
        from {{t}}.job_outcome x
        where x.job_id = r.id and x.state = 'succeeded' and x.started_at is not null
        limit 1
    ) o
    where r.payload ->> 'skill' = $1
        and ($2::text is null or r.payload ->> 'action' = $2)
    limit 50
) k
