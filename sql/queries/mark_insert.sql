-- scope: public
-- In these minutes the tenant may need a visit: $1 tenant, $2 minutes by the caller's clock, which may be wrong;
-- and in the present one by ours.
insert into public.mark (tenant_id, minute)
select $1::uuid, m
from unnest($2::timestamptz[]) m
union
select $1::uuid, date_trunc('minute', now(), 'UTC')
on conflict do nothing
