-- scope: public
-- A link works once: whoever comes second fails, and his whole transaction with it. $1 id. A tenant's reset link
-- works only for a person of that tenant alone: whoever sets a password can be that person everywhere.
with used as (
    update public.invitation i
    set used_at = now()
    where i.id = $1::uuid
        and i.used_at is null
        and i.expires_at > now()
        and (i.kind <> 'reset' or i.tenant_id is null or not exists (
            select from public.app_user u
            where u.email = i.email
                and (exists (select from public.membership m where m.user_id = u.id and m.tenant_id <> i.tenant_id)
                    or not exists (select from public.membership m where m.user_id = u.id and m.tenant_id = i.tenant_id)
                    or exists (select from public.platform_role r where r.user_id = u.id))))
    returning i.id
)
select public.gov_must(exists (select from used), 'expired')
