-- scope: tenant
-- $1 before this number, $2 how many, $3 kind, $4 actor, $5 since, $6 until. Of what a transaction wrote, `at` is its
-- beginning: none is as long as the ten minutes that are looked at on either side.
select a.id, jsonb_build_object(
        'id', a.id::text, 'kind', a.kind, 'action', a.action,
        'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', jsonb_build_object('kind', a.actor_kind, 'id', a.actor, 'name', (
            select m.name from public.my_members m where m.user_id = a.actor)),
        'subject', jsonb_build_object('kind', coalesce(a.subject_kind, ''), 'id', a.subject),
        'detail', a.detail, 'request_id', a.request_id)
from {{t}}.audit_event a
where a.id < coalesce($1::bigint, 9223372036854775807)
    and a.id >= coalesce({{t}}.audit_id_at_{{t}}($5::timestamptz - interval '10 minutes'), 0)
    and a.id < coalesce({{t}}.audit_id_at_{{t}}($6::timestamptz + interval '10 minutes'), 9223372036854775807)
    and ($3::text is null or a.kind = $3)
    and ($4::uuid is null or a.actor = $4::uuid)
    and ($5::timestamptz is null or a.at >= $5::timestamptz)
    and ($6::timestamptz is null or a.at < $6::timestamptz)
order by a.id desc
limit $2::integer
