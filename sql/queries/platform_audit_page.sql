-- scope: public
-- $1 before this number, $2 how many, $3 kind, $4 since, $5 until. A kind has an index of its own, by the
-- number's negative: one plan serves every parameter, and takes the primary key wherever that gives the order. The branch
-- that was not asked for costs nothing.
with found as materialized (
    (select a.*
    from public.platform_audit a
    where $3::text is null
        and a.id < coalesce($1::bigint, 9223372036854775807)
        and ($4::timestamptz is null or a.at >= $4::timestamptz)
        and ($5::timestamptz is null or a.at < $5::timestamptz)
    order by a.id desc
    limit $2::integer)
    union all
    (select a.*
    from public.platform_audit a
    where a.kind = $3::text
        and - a.id > - coalesce($1::bigint, 9223372036854775807)
        and ($4::timestamptz is null or a.at >= $4::timestamptz)
        and ($5::timestamptz is null or a.at < $5::timestamptz)
    order by - a.id
    limit $2::integer)
)
select a.id, jsonb_build_object(
        'id', a.id::text, 'at', public.utc_text(a.at), 'kind', a.kind, 'action', a.action,
        'actor', jsonb_build_object('kind', a.actor_kind, 'id', a.actor, 'name', (
            select u.name from public.app_user u where u.id = a.actor)),
        'subject', jsonb_build_object('kind', coalesce(a.subject_kind, ''), 'id', a.subject),
        'detail', a.detail, 'tenant', a.tenant_id)
from found a
order by a.id desc
