-- scope: tenant
-- What run $1 was made with, and by whom. A run by hand without a job yet has it in its request.
select s.created_by, coalesce(j.payload, p.payload, r.options)
from {{t}}.run_state s
left join {{t}}.job j on j.id = s.id and j.kind = 'run'
left join {{t}}.request r on r.id = s.request_id
left join lateral (
    select q.payload
    from {{t}}.plan q
    where q.request_id = s.request_id
    order by q.created_at desc
    limit 1
) p on true
where s.id = $1::uuid
