-- scope: tenant
-- $1 before this number, $2 how many, $3 kind, $4 actor, $5 since, $6 until, $7 subject, $8 the same as an id, if it is
-- one: what was done to it, or for the request of that id. A job's rows are found by its request; when the job is gone
-- (retention), by the moment in its id.
with found as materialized (
    select a.*
    from {{t}}.audit_event a
    where a.request_id = coalesce((select j.request_id from {{t}}.job j where j.id = $8::uuid), $8::uuid)
        and (a.subject = $7 or a.request_id = $8::uuid)
    union
    select a.*
    from {{t}}.audit_event a
    where a.subject = $7
        and (a.subject_kind is distinct from 'job' or a.request_id is null)
    union
    select a.*
    from {{t}}.audit_event a
    where a.id >= {{t}}.audit_id_at_{{t}}(
            to_timestamp(('x' || lpad(left(replace($8::uuid::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
                - interval '10 minutes')
        and not exists (select from {{t}}.job j where j.id = $8::uuid)
        and a.subject = $7
        and a.subject_kind = 'job'
)
select a.id, jsonb_build_object(
        'id', a.id::text, 'kind', a.kind, 'action', a.action,
        'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', jsonb_build_object('kind', a.actor_kind, 'id', a.actor, 'name', (
            select m.name from public.my_members m where m.user_id = a.actor)),
        'subject', jsonb_build_object('kind', coalesce(a.subject_kind, ''), 'id', a.subject),
        'detail', a.detail, 'request_id', a.request_id)
from found a
where ($1::bigint is null or a.id < $1::bigint)
    and ($3::text is null or a.kind = $3)
    and ($4::uuid is null or a.actor = $4::uuid)
    and ($5::timestamptz is null or a.at >= $5::timestamptz)
    and ($6::timestamptz is null or a.at < $6::timestamptz)
order by a.id desc
limit $2::integer
