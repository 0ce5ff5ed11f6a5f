-- scope: public
-- I am alive: $1 worker, $2 busy, $3 state, $4 isolation level, $5 digests of the platform's trees. What the scheduler
-- holds me for comes back.
update public.worker
set heartbeat_at = now(),
    busy = $2::integer,
    isolation_level = $4::smallint,
    platform = $5::jsonb,
    state = case when state = 'dead' then state else $3 end
where id = $1::uuid
returning state, drain_requested
