-- scope: tenant
-- How far a delivery is: $1 delivery.
select d.state, d.attempts
from {{t}}.delivery d
where d.id = $1::uuid
