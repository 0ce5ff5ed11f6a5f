-- scope: public
-- $1 tenant, $2 user, $3 role; somebody who is a member keeps what he is. Links that another tenant made to set his
-- password end here: they would open this tenant, too.
with voided as (
    update public.invitation i
    set used_at = now()
    from public.app_user u
    where u.id = $2::uuid
        and i.email = u.email
        and i.kind = 'reset'
        and i.used_at is null
        and i.tenant_id <> $1::uuid
)
insert into public.membership (tenant_id, user_id, role)
values ($1::uuid, $2::uuid, $3)
on conflict on constraint membership_pk do nothing
