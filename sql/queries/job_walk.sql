-- scope: tenant
-- The middle of a long backlog, a page of it: the ready jobs behind id $1, at most $2, in the order of their ids, among the
-- next $3 live rows; without those that wait behind the mark of their lane and class (three arrays, $4 to $6), for the
-- refill brings them. Returns one row at least: with each entry, or none, the id up to which was looked, null if nothing is
-- left. What is found keeps the order of the walk, as in job_after.sql.
with walked as (
    select l.job_id, l.fence, l.state
    from {{t}}.job_live l
    where l.job_id > $1::uuid
    order by l.job_id
    limit $3::integer
), found as materialized (
    select j.id, w.fence, j.lane, j.class, j.kind, j.timeout_ms, j.payload
    from walked w
    cross join lateral (
        select k.id, k.lane, k.class, k.kind, k.timeout_ms, k.payload
        from {{t}}.job k
        where k.id = w.job_id
        offset 0
    ) j
    where w.state = 'ready'
        and not exists (
            select from unnest($4::text[], $5::text[], $6::uuid[]) as o (lane, class, mark)
            where o.lane = j.lane
                and o.class = j.class
                and o.mark < j.id)
    limit $2::integer
), looked as (
    select case
        when (select count(*) from found) = $2::integer then (select f.id from found f order by f.id desc limit 1)
        when (select count(*) from walked) = $3::integer then (select w.job_id from walked w order by w.job_id desc limit 1)
    end as up_to
)
select f.id, f.fence, f.lane, f.class, f.kind, f.timeout_ms, f.payload ->> 'skill', f.payload ->> 'action',
    f.payload ->> 'concurrency_key', k.up_to
from looked k
left join found f on true
order by f.id
