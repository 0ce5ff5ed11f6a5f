-- scope: public
-- A person's tokens in one tenant, newest first: $1 user, $2 tenant (null: platform), $3 before this id,
-- $4 how many, $5 kind, $6 the token that asks, $7 only this one
with mine as (
    select s.id, 'session' as kind, coalesce(s.user_agent, '') as name, null::text[] as scopes,
        null::text[] as skills, s.created_at, s.expires_at, s.last_seen_at as used_at
    from public.session s
    where s.user_id = $1::uuid
        and s.tenant_id is not distinct from $2::uuid
        and s.revoked_at is null
        and s.expires_at > now()
    union all
    select a.id, 'api', a.name, a.scopes, a.skills, a.created_at, a.expires_at, a.last_used_at
    from public.api_token a
    where a.user_id = $1::uuid
        and a.tenant_id is not distinct from $2::uuid
        and a.revoked_at is null
        and (a.expires_at is null or a.expires_at > now())
)
select m.id, jsonb_build_object(
        'id', m.id, 'kind', m.kind, 'name', m.name, 'scopes', coalesce(to_jsonb(m.scopes), '[]'),
        'skills', to_jsonb(m.skills), 'created_at', public.utc_text(m.created_at),
        'expires_at', public.utc_text(m.expires_at), 'last_used_at', public.utc_text(m.used_at),
        'current', m.id = $6::uuid)
from mine m
where ($3::uuid is null or m.id < $3::uuid)
    and ($5::text is null or m.kind = $5)
    and ($7::uuid is null or m.id = $7::uuid)
order by m.id desc
limit $4::integer
