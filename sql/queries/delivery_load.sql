-- scope: tenant
-- A delivery and what it tells of: $1 delivery.
select d.url, d.state, d.attempts, s.id, s.state, s.run_id, s.language, s.ended_at, o.result, o.error,
    coalesce(j.kind = 'run', false), j.payload ->> 'skill', j.payload ->> 'action', o.exit_code
from {{t}}.delivery d
cross join lateral (select v.* from {{t}}.request_state v where v.id = d.subject offset 0) s
left join {{t}}.job j on j.id = s.job_id
left join {{t}}.job_outcome o on o.job_id = s.job_id
where d.id = $1::uuid
