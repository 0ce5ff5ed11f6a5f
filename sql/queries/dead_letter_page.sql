-- scope: tenant
-- Jobs that were given up, newest first: $1 before this job, $2 how many, $3 open | redriven | discarded
-- (null: all), $4 tenant id, $5 its name, $6 only this job,
-- $7 only after this one.
select o.job_id, jsonb_build_object(
        'id', o.job_id, 'tenant', jsonb_build_object('id', $4::text, 'name', $5::text),
        'kind', j.kind, 'lane', j.lane, 'class', j.class, 'risk', j.risk, 'code', o.code,
        'error', o.error, 'attempt', o.attempt, 'crash_count', o.crash_count, 'worker', o.worker,
        'skill', j.payload ->> 'skill', 'action', j.payload ->> 'action', 'task', j.payload ->> 'task',
        'request_id', j.request_id, 'created_at', public.utc_text(j.created_at),
        'started_at', public.utc_text(o.started_at), 'ended_at', public.utc_text(o.ended_at),
        'state', coalesce(a.act, 'open'), 'redriven_as', a.successor, 'decided_by', a.actor,
        'comment', a.comment, 'decided_at', public.utc_text(a.at),
        'effects', (select coalesce(jsonb_agg(jsonb_build_object('step', e.step, 'state', e.state,
                'resource', e.detail ->> 'resource', 'operation', e.detail ->> 'operation',
                'status', e.detail -> 'status', 'asked', (e.detail ->> 'asked')::integer,
                'asked_status', (e.detail ->> 'asked_status')::integer,
                'sent_at', public.utc_text(e.started_at)) order by e.started_at, e.step), '[]')
            from {{t}}.effect e where e.job_id = o.job_id)),
    j.lane, j.class, j.timeout_ms, j.payload ->> 'skill', j.payload ->> 'action', j.kind,
    j.payload ->> 'concurrency_key', j.risk, coalesce(a.act, 'open')
from {{t}}.job_outcome o
join {{t}}.job j on j.id = o.job_id
left join {{t}}.dead_letter_act a on a.job_id = o.job_id
where o.code in ('poison', 'outcome_unknown', 'internal')
    and ($1::uuid is null or o.job_id < $1::uuid)
    and ($3::text is null or coalesce(a.act, 'open') = $3)
    and ($6::uuid is null or o.job_id = $6::uuid)
    and ($7::uuid is null or o.job_id > $7::uuid)
order by o.job_id desc
limit $2::integer
