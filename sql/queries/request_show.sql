-- scope: tenant
-- Requests as they are shown: $1 ids, $2 the reader's session (null: none).
select s.id, s.state, s.text, s.mode, s.source, s.created_by, s.created_at, s.ended_at, s.run_id,
    (select e.data
        from {{t}}.request_event e
        where e.request_id = s.id and e.kind in ('intent', 'question')
        order by e.seq desc
        limit 1),
    (select e.data
        from {{t}}.request_event e
        where e.request_id = s.id and e.kind = 'intent' and e.data ? 'candidates'
        order by e.seq desc
        limit 1),
    p.body,
    (select {{t}}.confirmation_view_{{t}}(c, $2::bytea)
        from {{t}}.confirmation c
        where c.id = s.confirmation_id),
    (select m.name from public.my_members m where m.user_id = s.created_by),
    o.error, q.options, o.code,
    (select e.data
        from {{t}}.request_event e
        where e.request_id = s.id and e.kind = 'correction'
        order by e.seq desc
        limit 1)
from unnest($1::uuid[]) with ordinality as k (id, n)
cross join lateral (select v.* from {{t}}.request_state v where v.id = k.id offset 0) s
left join {{t}}.request q on q.id = s.id
left join {{t}}.plan p on p.id = s.plan_id
left join {{t}}.job_outcome o on o.job_id = s.job_id
order by k.n
