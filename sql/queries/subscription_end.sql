-- scope: public
-- $1 subscription, $2 true: not another period, $3 actor
select null, public.subscription_end_with_period($1::uuid, $2::boolean, $3::uuid)
