-- scope: tenant
-- $1 before this number, $2 how many, $3 kind, $4 actor, $5 subject, $6 since, $7 until
select a.id, jsonb_build_object(
        'id', a.id::text, 'kind', a.kind, 'action', a.action,
        'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', jsonb_build_object('kind', a.actor_kind, 'id', a.actor, 'name', (
            select m.name from public.my_members m where m.user_id = a.actor)),
        'subject', jsonb_build_object('kind', coalesce(a.subject_kind, ''), 'id', a.subject),
        'detail', a.detail, 'request_id', a.request_id)
from {{t}}.audit_event a
where ($1::bigint is null or a.id < $1::bigint)
    and ($3::text is null or a.kind = $3)
    and ($4::uuid is null or a.actor = $4::uuid)
    and ($5::text is null or a.subject = $5 or a.request_id::text = $5)
    and ($6::timestamptz is null or a.at >= $6::timestamptz)
    and ($7::timestamptz is null or a.at < $7::timestamptz)
order by a.id desc
limit $2::integer
