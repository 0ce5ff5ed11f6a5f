-- scope: tenant
-- What a request waits for, or was taken for: its state, options, the last intent or question, the last event's number, the words.
select s.state, s.created_by, r.options,
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
    (select jsonb_agg(e.data order by e.seq)
        from {{t}}.request_event e
        where e.request_id = s.id and e.kind = 'answer'),
    (select coalesce(max(e.seq), 0) from {{t}}.request_event e where e.request_id = s.id),
    r.text
from {{t}}.request_state s
join {{t}}.request r on r.id = s.id
where s.id = $1::uuid
