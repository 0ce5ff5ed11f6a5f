-- scope: public
-- Tenant $1, user $2, whose role is $3; the last owner stays. His sessions and tokens in it end.
with owners as (
    select m.user_id
    from public.membership m
    where m.tenant_id = $1::uuid
        and m.role = 'owner'
    order by m.user_id
    for update
), gone as (
    delete from public.membership m
    where m.tenant_id = $1::uuid
        and m.user_id = $2::uuid
        and m.role = $3
        and (m.role <> 'owner' or (select count(*) from owners) > 1)
    returning m.user_id
), sessions as (
    update public.session s
    set revoked_at = now()
    from gone g
    where s.user_id = g.user_id
        and s.tenant_id = $1::uuid
        and s.revoked_at is null
), tokens as (
    update public.api_token a
    set revoked_at = now()
    from gone g
    where a.user_id = g.user_id
        and a.tenant_id = $1::uuid
        and a.revoked_at is null
)
select public.gov_must(exists (select from gone), 'conflict')
