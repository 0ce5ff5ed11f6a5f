-- scope: tenant
-- A window of runs, newest first, and those in it that fit: $1 before, $2 how many, $3 states, $4 skill,
-- $5 created_by, $6 since, $7 until, $8 not below this id, $9 rows in the window. A last row, marked, says
-- where a full window ended: the next one goes on from there. The states are derived for what else fits,
-- one row after the other, until there are enough.
-- Walked is only what can be in one of the states: all that ran ($10), or what has not ended ($11) and what ended
-- without success ($12), of which there is an index. Those that have no job yet are few.
with walked as materialized (
    select k.id, k.created_by, k.created_at, k.skill
    from (
        (select j.id, j.created_by, j.created_at, j.payload ->> 'skill' as skill
        from {{t}}.job j
        where $10::boolean
            and j.id < $1::uuid
            and j.id >= $8::uuid
            and j.kind = 'run'
        order by j.id desc
        limit $9::integer)
        union all
        (select j.id, j.created_by, j.created_at, j.payload ->> 'skill'
        from {{t}}.job_live l
        join {{t}}.job j on j.id = l.job_id and j.kind = 'run'
        where $11::boolean
            and not $10::boolean
            and l.job_id < $1::uuid
            and l.job_id >= $8::uuid
        order by l.job_id desc
        limit $9::integer)
        union all
        (select j.id, j.created_by, j.created_at, j.payload ->> 'skill'
        from {{t}}.job_outcome o
        join {{t}}.job j on j.id = o.job_id and j.kind = 'run'
        where $12::boolean
            and not $10::boolean
            and o.state <> 'succeeded'
            and o.job_id < $1::uuid
            and o.job_id >= $8::uuid
        order by o.job_id desc
        limit $9::integer)
        union all
        (select r.id, r.created_by, r.created_at, r.options ->> 'skill'
        from {{t}}.request r
        where r.id < $1::uuid
            and r.id >= $8::uuid
            and r.text is null
            and (select j.id from {{t}}.job j where j.id = r.id and j.kind = 'run') is null
        order by r.id desc
        limit $9::integer)
    ) k
    order by k.id desc
    limit $9::integer
), fitting as (
    select f.id
    from (
        select w.id
        from walked w
        where ($4::text is null or w.skill = $4::text)
            and ($5::uuid is null or w.created_by = $5::uuid)
            and ($6::timestamptz is null or w.created_at >= $6::timestamptz)
            and ($7::timestamptz is null or w.created_at < $7::timestamptz)
        order by w.id desc
    ) f
    cross join lateral (select v.state from {{t}}.run_state v where v.id = f.id offset 0) s
    where $3::text[] is null or s.state = any ($3::text[])
    order by f.id desc
    limit $2::integer
)
(select f.id, false
from fitting f
order by f.id desc)
union all
(select w.id, true
from walked w
where (select count(*) from walked) = $9::integer
order by w.id
limit 1)
