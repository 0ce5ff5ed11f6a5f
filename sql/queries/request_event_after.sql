-- scope: tenant
-- Events of request $1 after $2, at most $3.
select e.seq, e.at, e.kind, e.data
from {{t}}.request_event e
where e.request_id = $1::uuid
    and e.seq > $2::integer
order by e.seq
limit $3::integer
