-- scope: public
-- Tenant $1, user $2: role $3, which was $4 (another one by now: no row). The owners' rows are locked, so that
-- two who demote each other leave one.
with owners as (
    select m.user_id
    from public.membership m
    where m.tenant_id = $1::uuid
        and m.role = 'owner'
    order by m.user_id
    for update
), changed as (
    update public.membership m
    set role = $3,
        revision = m.revision + 1
    where m.tenant_id = $1::uuid
        and m.user_id = $2::uuid
        and m.role = $4
        and (m.role <> 'owner' or $3 = 'owner' or (select count(*) from owners) > 1)
    returning m.user_id
)
select public.gov_must(exists (select from changed), 'conflict')
