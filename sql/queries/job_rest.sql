-- scope: tenant
-- May the marks of this tenant's past go: nothing is ready, runs, or is overdue; what is ready does not count while the
-- tenant may not run (who allows it again marks it). Where they may or $1
-- asks for it, how many dead letters nobody has decided on (of the first thousand); else null. And: is a
-- schedule due?
-- scan job_live: job_live holds only what has not ended, and one row of it answers
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
    end,
    r.due
from (
    select not s.due and not exists (
            select from {{t}}.job_live l
            where l.state = 'running'
                or ((l.state = 'ready' or l.run_at <= now())
                    and (select t.run_allowed from public.my_tenant t))) as rests,
        s.due
    from (select exists (select from {{t}}.schedule c where c.due_at <= now()) as due) s
) r
