-- scope: tenant
-- The next ready jobs of lane $1 and class $2 after id $3, at most $4, for a refill. With $6 only runs that count under
-- that name (job_queue_key_name), and from $3 on, since that one waits itself. One walk looks at $5 rows in the order of
-- their ids, whatever their lane, so that no backlog makes it long. Returns one row at least: with each job, or none,
-- the id up to which was looked, null if nothing is left behind $3. What is found keeps the order of the walk, since
-- each job is looked up for its row; an "order by" there would look up all of the walk before it stops at $4.
with walked as (
    select l.job_id, l.fence, l.state
    from {{t}}.job_live l
    where l.job_id >= $3::uuid
        and (l.job_id > $3::uuid or $6::text is not null)
    order by l.job_id
    limit $5::integer
), found as materialized (
    select j.id, w.fence, j.kind, j.timeout_ms, j.payload
    from walked w
    cross join lateral (
        select j.id, j.kind, j.timeout_ms, j.payload
        from {{t}}.job j
        where j.id = w.job_id
            and j.lane = $1
            and j.class = $2
            and ($6::text is null or (j.kind = 'run'
                and $6::text in ('s:' || (j.payload ->> 'skill'),
                    'k:' || encode(substr(sha256(convert_to(j.payload ->> 'concurrency_key', 'UTF8')), 1, 8), 'hex'))))
        offset 0
    ) j
    where w.state = 'ready'
    limit $4::integer
), looked as (
    select case
        when (select count(*) from found) = $4::integer then (select f.id from found f order by f.id desc limit 1)
        when (select count(*) from walked) = $5::integer then (select w.job_id from walked w order by w.job_id desc limit 1)
    end as up_to
)
select f.id, f.fence, f.kind, f.timeout_ms, f.payload ->> 'skill', f.payload ->> 'action',
    f.payload ->> 'concurrency_key', k.up_to
from looked k
left join found f on true
order by f.id
