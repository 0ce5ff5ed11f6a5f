-- scope: migrate
-- After a restore: jobs of a tenant that had not ended in the copy that came back, and which of them may have had an
-- effect since. `unknown`: an effect outside had begun, or the run may call out and nobody can say whether it did
-- after the copy was made.
-- scan: job_live holds only what has not ended
select j.id, j.kind, coalesce(j.payload ->> 'skill', j.payload ->> 'task', ''), l.state, l.attempt,
    exists (
        select from {{t}}.effect e
        where e.job_id = j.id
            and e.state in ('started', 'unknown')) as begun,
    j.kind = 'run' and (j.lane = 'http' or j.risk = 'high') as outside,
    public.utc_text(j.created_at)
from {{t}}.job_live l
join {{t}}.job j on j.id = l.job_id
where j.kind = 'run'
    or exists (select from {{t}}.effect e where e.job_id = j.id)
order by j.id
