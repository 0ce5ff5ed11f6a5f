-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 states, $4 skill, $5 created_by, $6 since, $7 until. Of the next 1,000
-- requests: the last of them is request_edge's. Ordered by k.id and by nothing else: then the states of no more are computed than the page takes.
select k.id
from (
    (select r.id
     from {{t}}.request r
     where r.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by r.id desc
     limit 1000)
    union all
    (select j.id
     from {{t}}.job j
     where j.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        and j.kind = 'run'
        and j.request_id = j.id
        and (select r.id from {{t}}.request r where r.id = j.id) is null
     order by j.id desc
     limit 1000)
    order by id desc
    limit 1000
) k
cross join lateral (select v.* from {{t}}.request_state v where v.id = k.id offset 0) s
left join lateral (select x.payload from {{t}}.plan x where x.id = s.plan_id limit 1) p on true
where ($3::text[] is null or s.state = any ($3::text[]))
    and ($4::text is null or coalesce(p.payload ->> 'skill', (
        select j.payload ->> 'skill' from {{t}}.job j where j.id = s.run_id)) = $4)
    and ($5::uuid is null or s.created_by = $5::uuid)
    and ($6::timestamptz is null or s.created_at >= $6::timestamptz)
    and ($7::timestamptz is null or s.created_at < $7::timestamptz)
order by k.id desc
limit $2::integer
