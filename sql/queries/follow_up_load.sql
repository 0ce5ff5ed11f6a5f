-- scope: tenant
-- What request $1 was planned with, or came to before it asked: whose, and {skill, action, input, sensitive}.
select s.created_by, coalesce(
    (select p.payload from {{t}}.plan p where p.id = s.plan_id),
    (select j.payload from {{t}}.job j where j.id = s.run_id),
    (select e.data
        from {{t}}.request_event e
        where e.request_id = s.id and e.kind in ('intent', 'question') and e.data ? 'skill'
        order by e.seq desc
        limit 1))
from {{t}}.request_state s
where s.id = $1::uuid
