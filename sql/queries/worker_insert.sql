-- scope: public
-- A worker process has started: $1 id, $2 host, $3 pid, $4 version, $5 lanes, $6 slots, $7 isolation level,
-- $8 how many of the slots are for runs.
insert into public.worker (id, host, pid, version, lanes, slots, isolation_level, run_slots)
values ($1::uuid, $2, $3::integer, $4, $5::text[], $6::integer, $7::smallint, $8::integer)
on conflict on constraint worker_pk do nothing
