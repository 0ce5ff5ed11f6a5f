-- scope: tenant
-- Files older than $1 days, at most $2, that nothing needs any more: no live job of a tenant with few enough of them
-- to be looked through, no schedule. Packages stay with their versions.
-- scan schedule: schedules of a tenant are few, and job_live holds only what has not ended
select f.id
from {{t}}.file f
where f.id < (lpad(to_hex((extract(epoch from now() - make_interval(days => $1::integer)) * 1000)::bigint), 12, '0')
        || '00000000000000000000')::uuid
    and f.deleted_at is null
    and f.kind <> 'package'
    and (select count(*) from (select from {{t}}.job_live l limit 10001) n) <= 10000
    and not exists (
        select
        from {{t}}.job_live l
        join {{t}}.job j on j.id = l.job_id
        where j.id = f.job_id or position(f.id::text in j.payload::text) > 0)
    and not exists (select from {{t}}.schedule s where position(f.id::text in s.input::text) > 0)
order by f.id
limit $2::integer
