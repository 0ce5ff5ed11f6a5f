-- scope: tenant
-- A write of the job $1 of which the other side has not said yet whether it happened: in how many seconds it is worth
-- asking again (0: not any more, a person has to look), and of which resource.
select case
        when now() < e.started_at + make_interval(secs => (e.detail ->> 'query')::integer)
        then least(300, greatest(5, extract(epoch from now() - e.started_at) / 2))::integer
        else 0
    end,
    e.detail ->> 'resource'
from {{t}}.effect e
where e.job_id = $1::uuid
    and e.state in ('started', 'unknown')
    and e.detail ? 'query'
order by 1
limit 1
