-- scope: public
-- The tenants $1 have $2 open dead letters each.
with seen as (
    select s.tenant_id, s.open
    from unnest($1::uuid[], $2::integer[]) as s (tenant_id, open)
), gone as (
    delete from public.dead_letter_tenant d
    using seen s
    where d.tenant_id = s.tenant_id
        and s.open = 0
)
insert into public.dead_letter_tenant (tenant_id, open)
select s.tenant_id, s.open
from seen s
where s.open > 0
on conflict on constraint dead_letter_tenant_pk do update
set open = excluded.open,
    seen_at = now()
