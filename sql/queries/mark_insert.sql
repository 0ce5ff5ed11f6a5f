-- scope: public
-- In these minutes the tenant may need a visit: $1 tenant, $2 minutes.
insert into public.mark (tenant_id, minute)
select $1::uuid, m
from unnest($2::timestamptz[]) m
on conflict do nothing
