-- scope: public
-- $1 subscription, $2 true: not another period, $3 actor. No row: there is no such subscription.
select null, public.subscription_end_with_period(s.id, $2::boolean, $3::uuid)
from public.subscription s
where s.id = $1::uuid
