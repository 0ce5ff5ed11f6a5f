-- scope: tenant
-- May the marks of this tenant's past go: nothing is ready, runs, or is overdue.
-- scan: job_live holds only what has not ended, and one row of it answers
select not exists (
    select from {{t}}.job_live l
    where l.state in ('ready', 'running')
        or l.run_at <= now())
