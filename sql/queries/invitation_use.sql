-- scope: public
-- A link works once: whoever comes second fails, and his whole transaction with it. $1 id
with used as (
    update public.invitation
    set used_at = now()
    where id = $1::uuid
        and used_at is null
        and expires_at > now()
    returning id
)
select public.gov_must(exists (select from used), 'expired')
