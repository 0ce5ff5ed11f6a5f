-- scope: public
insert into public.worker (id, host, pid, version, lanes, slots, isolation_level)
values ($1::uuid, $2, $3::integer, $4, $5::text[], $6::integer, $7::smallint)
on conflict on constraint worker_pk do nothing
