-- scope: tenant
-- Members by id or e-mail: $1 array of texts, in lower case.
select m.user_id, m.role, m.name, lower(m.email), m.state
from public.my_members m
where m.user_id::text = any ($1::text[])
    or lower(m.email) = any ($1::text[])
