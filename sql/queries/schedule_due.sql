-- scope: tenant
-- Schedules that the scheduler has to look at, the longest due first: $1 how many. With the database's clock, and
-- what became of the request that asked for a confirmation, whose run is on its way or has been; and has it not begun?
select s.id, s.cron, s.timezone, s.skill, s.action, s.input, s.class, s.catch_up, s.lead_s, s.owner,
    s.asks, extract(epoch from s.next_at)::bigint, s.asked_request, s.revision,
    floor(extract(epoch from now()))::bigint,
    (select m.role from public.my_members m where m.user_id = s.owner and m.state = 'active'),
    (select t.state = 'active' and t.run_allowed from public.my_tenant t),
    (select t.locale from public.my_tenant t),
    a.state, j.kind = 'run' and (o.state is distinct from 'cancelled' or o.started_at is not null),
    o.code, o.error -> 'message',
    exists (select from {{t}}.job_live l where l.job_id = j.id and l.state in ('ready', 'delayed'))
from {{t}}.schedule s
left join lateral (
    select v.state, v.job_id
    from {{t}}.request_state v
    where v.id = s.asked_request
    offset 0
) a on true
left join {{t}}.job j on j.id = a.job_id
left join {{t}}.job_outcome o on o.job_id = a.job_id
where s.due_at <= now()
order by s.due_at
limit $1::integer
