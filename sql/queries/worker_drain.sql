-- scope: public
-- Ask worker $1 to take nothing more, finish and end; $2 who. No row: there is none that could.
update public.worker
set drain_requested = true,
    drain_by = $2::uuid
where id = $1::uuid
    and state in ('active', 'draining')
returning id
