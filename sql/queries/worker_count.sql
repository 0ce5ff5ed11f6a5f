-- scope: public
-- How many workers take work of lane $1, and how many slots for it they have together (ctl has its own).
-- scan worker: there are as many rows as worker processes of two days
select count(*),
    coalesce(sum(case when $1 = 'ctl' then w.slots - coalesce(w.run_slots, 0)
        else coalesce(w.run_slots, w.slots) end), 0)
from public.worker w
where w.state = 'active'
    and not w.drain_requested
    and w.heartbeat_at > now() - interval '150 seconds'
    and ($1 = 'ctl' or $1 = any (w.lanes))
