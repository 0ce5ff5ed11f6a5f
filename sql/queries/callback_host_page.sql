-- scope: tenant
-- $1 after this host, $2 how many, $3 only this one
select h.host, jsonb_build_object(
        'host', h.host, 'created_by', (
            select jsonb_build_object('id', m.user_id, 'name', m.name)
            from public.my_members m
            where m.user_id = h.created_by),
        'created_at', to_char(h.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from {{t}}.callback_host h
where ($1::text is null or h.host > $1)
    and ($3::text is null or h.host = $3)
order by h.host
limit $2::integer
