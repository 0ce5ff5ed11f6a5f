-- scope: public
-- $1 tenant: has to be there, not at its end, and nobody's. An owner's invitation that was not taken ends with the next one.
with ended as (
    update public.invitation
    set used_at = now()
    where tenant_id = $1::uuid
        and kind = 'invite'
        and role = 'owner'
        and used_at is null
)
select public.gov_must(exists (select from public.tenant t where t.id = $1::uuid), 'not_found'),
    public.gov_must(not exists (
        select from public.tenant t
        where t.id = $1::uuid
            and (t.state in ('terminating', 'terminated') or t.kind <> 'team' or exists (
                select from public.membership m where m.tenant_id = t.id and m.role = 'owner'))), 'conflict')
