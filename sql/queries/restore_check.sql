-- scope: migrate
-- After a restore: work of a tenant that had not ended in the copy that came back, and which of it may have had an
-- effect since. `begun`: an effect outside had begun. `outside`: nobody can say whether it did after the copy was made,
-- for a run may call out by its lane or by the resources that it was planned with (credentials names them, whatever
-- their risk), and what is yet to be planned may become any run.
select j.id, j.kind, coalesce(j.payload ->> 'skill', j.payload ->> 'task', ''), l.state, l.attempt,
    exists (
        select from {{t}}.effect e
        where e.job_id = j.id
            and e.state in ('started', 'unknown')) as begun,
    case
        when j.kind = 'run' then j.lane = 'http' or j.risk = 'high' or coalesce(j.payload -> 'credentials', '{}') <> '{}'
        when j.kind in ('intent', 'plan') then not coalesce((j.payload ->> 'plan_only')::boolean, false)
        else false
    end as outside,
    public.utc_text(j.created_at)
from {{t}}.job_live l
join {{t}}.job j on j.id = l.job_id
where j.kind in ('intent', 'plan', 'run')
    or exists (select from {{t}}.effect e where e.job_id = j.id)
order by j.id
