-- scope: public
-- $1 tenant, $2 true: not another period, $3 actor. No row: it has no subscription.
select null, public.subscription_end_with_period(s.id, $2::boolean, $3::uuid)
from public.subscription s
where s.tenant_id = $1::uuid
