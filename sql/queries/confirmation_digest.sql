-- scope: tenant
select c.digest
from {{t}}.confirmation c
where c.request_id = $1::uuid
order by c.created_at desc
limit 1
