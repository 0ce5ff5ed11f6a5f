-- scope: tenant
-- Requests that the next $3 audit rows after $1 tell of, with their state as it is now; $2 who asked
-- (null: everybody).
with seen as (
    select a.id, a.request_id
    from {{t}}.audit_event a
    where a.id > $1::bigint
    order by a.id
    limit $3::integer
), touched as (
    select request_id, max(id) as last
    from seen
    where request_id is not null
    group by request_id
)
select t.last, s.id, s.state, s.run_id, o.code
from touched t
cross join lateral (select v.* from {{t}}.request_state v where v.id = t.request_id offset 0) s
left join {{t}}.job_outcome o on o.job_id = s.job_id
where ($2::uuid is null or s.created_by = $2::uuid)
order by t.last
