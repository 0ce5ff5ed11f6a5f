-- scope: public
-- Workers of the last days, or only $1. Without a word for longer than worker_bury allows half of: suspect.
-- scan worker: there are as many rows as processes
select w.id, jsonb_build_object(
        'id', w.id, 'state', case
            when w.state in ('dead', 'stopped') then 'dead'
            when w.state = 'draining' or w.drain_requested then 'draining'
            when w.heartbeat_at < now() - interval '75 seconds'
                or (w.busy > 0 and w.heartbeat_at < now() - interval '12 seconds') then 'suspect'
            else 'live'
        end,
        'version', w.version, 'host', w.host, 'lanes', to_jsonb(w.lanes), 'slots', w.slots,
        'busy', w.busy, 'pid', w.pid, 'isolation', 'L' || w.isolation_level,
        'platform', coalesce(w.platform, '{}'),
        'started_at', public.utc_text(w.started_at), 'seen_at', public.utc_text(w.heartbeat_at))
from public.worker w
where $1::uuid is null
    or w.id = $1::uuid
order by w.started_at desc, w.id desc
limit 1000
