-- scope: tenant
-- Chunks of run $1 after $2: at most $3, and no more once $4 bytes are reached.
select c.seq, c.at, c.stream, c.body
from (
    select l.seq, l.at, l.stream, l.body,
        sum(octet_length(l.body)) over (order by l.seq) - octet_length(l.body) as before
    from (
        select x.*
        from {{t}}.run_log x
        where x.job_id = $1::uuid
            and x.seq > $2::integer
        order by x.seq
        limit $3::integer
    ) l
) c
where c.before < $4::bigint
order by c.seq
