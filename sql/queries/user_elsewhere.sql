-- scope: public
-- Does user $1 belong to anything but tenant $2?
select exists (select from public.membership m where m.user_id = $1::uuid and m.tenant_id <> $2::uuid)
    or exists (select from public.platform_role r where r.user_id = $1::uuid)
