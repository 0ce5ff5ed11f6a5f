-- scope: public
-- Who an api token acts for; the last use is written at most once in five minutes.
with seen as (
    update public.api_token
    set last_used_at = now()
    where token_hash = $1::bytea
        and (last_used_at is null or last_used_at < now() - interval '5 minutes')
)
select a.id, u.id, u.email, u.name, t.id, t.name, t.state, t.schema, t.stripe,
    coalesce(u.timezone, t.timezone, 'UTC'), coalesce(u.locale, t.locale),
    case
        when t.id is null then (
            select string_agg(p.role, ',' order by p.role <> 'platform_admin', p.role)
            from public.platform_role p
            where p.user_id = u.id)
        else m.role
    end,
    null, to_json(a.scopes), to_json(a.skills), t.suspended_code, public.utc_text(t.suspended_at)
from public.api_token a
join public.app_user u on u.id = a.user_id
left join public.tenant t on t.id = a.tenant_id
left join public.membership m on m.tenant_id = a.tenant_id and m.user_id = a.user_id
where a.token_hash = $1::bytea
    and a.revoked_at is null
    and (a.expires_at is null or a.expires_at > now())
    and u.state = 'active'
    and coalesce(t.login_allowed, true)
