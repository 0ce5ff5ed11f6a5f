-- scope: public
-- Who a session is; the last use is written at most once in five minutes.
with seen as (
    update public.session
    set last_seen_at = now()
    where token_hash = $1::bytea
        and last_seen_at < now() - interval '5 minutes'
)
select s.id, u.id, u.email, u.name, t.id, t.name, t.state, t.schema, t.stripe,
    coalesce(u.timezone, t.timezone, 'UTC'), coalesce(u.locale, t.locale),
    case
        when t.id is null then (
            select string_agg(p.role, ',' order by p.role <> 'platform_admin', p.role)
            from public.platform_role p
            where p.user_id = u.id)
        else m.role
    end,
    s.csrf_hash, null, null, t.suspended_code, public.utc_text(t.suspended_at)
from public.session s
join public.app_user u on u.id = s.user_id
left join public.tenant t on t.id = s.tenant_id
left join public.membership m on m.tenant_id = s.tenant_id and m.user_id = s.user_id
where s.token_hash = $1::bytea
    and s.revoked_at is null
    and s.expires_at > now()
    and u.state = 'active'
    and coalesce(t.login_allowed, true)
