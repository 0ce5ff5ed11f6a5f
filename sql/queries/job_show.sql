-- scope: tenant
-- Job $1 for operators: where it stands and how it came there. No payload, no result.
select j.id, jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'lane', j.lane, 'class', j.class, 'risk', j.risk,
        'request_id', j.request_id, 'state', coalesce(o.state, l.state), 'code', o.code,
        'fence', l.fence, 'attempt', coalesce(o.attempt, l.attempt), 'max_attempts', j.max_attempts,
        'crash_count', coalesce(o.crash_count, l.crash_count), 'timeout_ms', j.timeout_ms,
        'cancel_requested', coalesce(l.cancel_requested, false),
        'created_by', j.created_by, 'created_at', public.utc_text(j.created_at),
        'run_at', public.utc_text(l.run_at),
        'started_at', public.utc_text(coalesce(o.started_at, l.started_at)),
        'ended_at', public.utc_text(o.ended_at),
        'step', e.kind, 'log_age_ms', g.age_ms, 'log_lines', g.seq,
        'redriven_as', a.successor,
        'timeline', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'at', public.utc_text(v.at), 'action', v.action, 'actor', v.actor_kind,
                'fence', v.detail -> 'fence', 'attempt', v.detail -> 'attempt',
                'worker', v.detail -> 'worker', 'code', v.detail -> 'code', 'why', v.detail -> 'why',
                'redrive_of', v.detail -> 'redrive_of') order by v.id), '[]')
            from {{t}}.audit_event v
            where v.at >= j.created_at - interval '1 minute'
                and v.at <= coalesce(o.ended_at, now()) + interval '1 day'
                and v.subject_kind = 'job'
                and v.subject = j.id::text)),
    coalesce(o.worker, l.worker)
from {{t}}.job j
left join {{t}}.job_live l on l.job_id = j.id
left join {{t}}.job_outcome o on o.job_id = j.id
left join {{t}}.dead_letter_act a on a.job_id = j.id
left join lateral (
    select r.kind
    from {{t}}.request_event r
    where r.request_id = j.request_id
    order by r.seq desc
    limit 1
) e on true
left join lateral (
    select x.seq, (extract(epoch from clock_timestamp() - x.at) * 1000)::bigint as age_ms
    from {{t}}.run_log x
    where x.job_id = j.id
    order by x.seq desc
    limit 1
) g on true
where j.id = $1::uuid
