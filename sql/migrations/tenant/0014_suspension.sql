-- Queued runs of a tenant that may start none are shown as held; they go on in their order when it may.

create or replace view {{t}}.run_state as
select j.id,
       j.request_id,
       case
           when o.state is null and l.state = 'held' then 'held'
           when o.state is null and l.state in ('ready', 'delayed')
               and not (select t.run_allowed from public.tenant t where t.schema = '{{t}}') then 'held'
           else {{t}}.job_state(l.state, o.state, j.kind)
       end as state,
       j.plan_digest,
       j.risk,
       j.lane,
       j.class,
       coalesce(o.attempt, l.attempt) as attempt,
       coalesce(l.cancel_requested, false) as cancel_requested,
       coalesce(o.worker, l.worker) as worker,
       o.code,
       coalesce(o.started_at, l.started_at) as started_at,
       o.ended_at,
       j.created_by,
       j.created_at
from {{t}}.job j
left join lateral (select x.* from {{t}}.job_live x where x.job_id = j.id limit 1) l on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = j.id limit 1) o on true
where j.kind = 'run'
union all
select s.id,
       s.id,
       case
           when s.state in ('planned', 'awaiting_confirmation', 'failed', 'rejected', 'expired',
                            'cancelled') then s.state
           else 'queued'
       end,
       p.digest,
       p.risk,
       p.lane,
       p.class,
       0,
       false,
       null,
       case when s.state in ('failed', 'cancelled', 'expired', 'rejected')
            then coalesce(o.code, s.state) end,
       null,
       s.ended_at,
       s.created_by,
       s.created_at
from {{t}}.request_state s
left join lateral (select x.* from {{t}}.plan x where x.id = s.plan_id limit 1) p on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = s.job_id limit 1) o on true
where s.stored
  and s.text is null
  and (select j.id from {{t}}.job j where j.id = s.id and j.kind = 'run') is null;
