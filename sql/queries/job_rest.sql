-- scope: tenant
-- May the marks of this tenant's past go: nothing is ready, runs, or is overdue; and is a schedule due?
-- scan: job_live holds only what has not ended, and one row of it answers
select not exists (
        select from {{t}}.job_live l
        where l.state in ('ready', 'running')
            or l.run_at <= now())
        and not exists (select from {{t}}.schedule s where s.due_at <= now()),
    exists (select from {{t}}.schedule s where s.due_at <= now())
