-- scope: public
-- Is e-mail $2 a member of tenant $1, or invited?
select exists (
        select
        from public.app_user u
        join public.membership m on m.user_id = u.id
        where u.email = lower($2) and m.tenant_id = $1::uuid),
    exists (
        select
        from public.invitation i
        where i.email = lower($2) and i.tenant_id = $1::uuid and i.kind = 'invite'
            and i.used_at is null)
