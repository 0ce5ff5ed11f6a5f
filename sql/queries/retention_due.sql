-- scope: public
-- Tenants whose oldest rows may be old enough by now, at most $1; each is looked at again tomorrow unless its sweep
-- says otherwise. Tenants that are new are taken in.
with taken_in as (
    insert into public.retention (tenant_id, due_at)
    select t.id, now() + interval '1 day'
    from public.tenant t
    where t.state <> 'terminated'
        and not exists (select from public.retention r where r.tenant_id = t.id)
    on conflict do nothing
), due as (
    select r.tenant_id
    from public.retention r
    where r.due_at <= now()
    order by r.due_at
    limit $1::integer
    for update skip locked
), claimed as (
    update public.retention r
    set due_at = now() + interval '1 day'
    from due d
    where r.tenant_id = d.tenant_id
    returning r.tenant_id
)
select t.id, t.schema, t.stripe
from claimed c
join public.tenant t on t.id = c.tenant_id
