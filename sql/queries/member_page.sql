-- scope: public
-- Members and open invitations of tenant $1, newest first: $2 before this id, $3 how many, $4 part of name
-- or e-mail, $5 role, $6 state, $7 only this id
with everybody as (
    select m.user_id as id, m.user_id, u.email, u.name, m.role, 'active' as state, m.created_at,
        m.revision,
        (select max(s.last_seen_at)
            from public.session s
            where s.user_id = m.user_id and s.tenant_id = m.tenant_id) as seen_at
    from public.membership m
    join public.app_user u on u.id = m.user_id
    where m.tenant_id = $1::uuid
    union all
    select i.id, null, i.email, '', i.role, 'invited', i.created_at, 1, null
    from public.invitation i
    where i.tenant_id = $1::uuid
        and i.kind = 'invite'
        and i.used_at is null
)
select e.id, jsonb_build_object(
        'id', e.id, 'user_id', e.user_id, 'email', e.email, 'name', e.name, 'role', e.role,
        'state', e.state, 'created_at', public.utc_text(e.created_at),
        'last_seen_at', public.utc_text(e.seen_at)),
    e.role, e.state, e.revision, e.email
from everybody e
where ($2::uuid is null or e.id < $2::uuid)
    and ($4::text is null or strpos(lower(e.name || ' ' || e.email), lower($4)) > 0)
    and ($5::text is null or e.role = $5)
    and ($6::text is null or e.state = $6)
    and ($7::uuid is null or e.id = $7::uuid)
order by e.id desc
limit $3::integer
