-- scope: tenant
-- What this tenant was granted, by name: $1 after this name, $2 how many, $3 only this one
select r.name, r.definition, r.rate_per_minute, r.expires_at, (
        select jsonb_agg(jsonb_build_object(
            'at', to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'operation', c.operation,
            'method', c.method, 'path', c.path, 'status', c.status, 'code', c.code, 'ms', c.ms, 'run', c.job_id))
        from (select * from public.my_http_calls h where h.resource = r.name order by h.id desc limit 10) c)
from public.my_resources r
where ($1::text is null or r.name > $1)
    and ($3::text is null or r.name = $3)
order by r.name
limit $2::integer
