-- scope: public
-- Ask worker $1 to take nothing more, finish and end; $2 who. Audited where there was one that could; no row: none.
with asked as (
    update public.worker
    set drain_requested = true,
        drain_by = $2::uuid
    where id = $1::uuid
        and state in ('active', 'draining')
    returning id
)
select a.id, public.audit_add(null, $2::uuid, 'user', 'operation', 'worker.drain', 'worker', a.id::text, null)
from asked a
