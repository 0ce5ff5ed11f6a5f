-- scope: egress
-- The oldest calls of the ledger, at most $1, as far as they are older than it keeps them.
with old as (
    select h.id
    from (select c.id, c.at from public.http_call c order by c.id limit $1::integer) h
    where h.at < now() - interval '30 days'
), gone as (
    delete from public.http_call c
    using old o
    where c.id = o.id
    returning c.id
)
select count(*)
from gone g
