-- scope: public
-- $1 user, $2 role. Links that a tenant made to set his password end here.
with voided as (
    update public.invitation i
    set used_at = now()
    from public.app_user u
    where u.id = $1::uuid
        and i.email = u.email
        and i.kind = 'reset'
        and i.used_at is null
        and i.tenant_id is not null
)
insert into public.platform_role (user_id, role)
values ($1::uuid, $2)
on conflict on constraint platform_role_pk do nothing
