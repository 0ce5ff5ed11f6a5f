-- scope: tenant
-- May the marks of this tenant's past go: nothing is ready, runs, or is overdue. And, where they may or $1
-- asks for it, how many dead letters nobody has decided on (of the first thousand); else null.
-- scan: job_live holds only what has not ended, and one row of it answers
select r.rests,
    case when r.rests or $1::boolean then (
        select count(*)
        from (
            select o.job_id
            from {{t}}.job_outcome o
            where o.code in ('poison', 'outcome_unknown', 'internal')
            order by o.job_id desc
            limit 1000
        ) d
        where not exists (select from {{t}}.dead_letter_act a where a.job_id = d.job_id))
    end
from (
    select not exists (
        select from {{t}}.job_live l
        where l.state in ('ready', 'running')
            or l.run_at <= now()) as rests
) r
