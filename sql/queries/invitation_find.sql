-- scope: public
-- $1 hash of the token, $2 kind, $3 whoever asks (null: nobody)
select i.id, i.tenant_id, i.email, i.role, public.utc_text(i.expires_at),
    i.used_at is null and i.expires_at > now(), t.name, coalesce(u.name, 'ExecGov'),
    exists (select from public.membership m where m.tenant_id = i.tenant_id and m.user_id = $3::uuid),
    (select s.value #>> '{}' from public.platform_setting s where s.key = 'registration'),
    i.created_by, (select a.id from public.app_user a where a.email = i.email)
from public.invitation i
left join public.tenant t on t.id = i.tenant_id
left join public.app_user u on u.id = i.created_by
where i.token_hash = $1::bytea
    and i.kind = $2
