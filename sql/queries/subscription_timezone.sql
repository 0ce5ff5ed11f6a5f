-- scope: public
-- $1 subscription, $2 zone, $3 actor
select null, public.subscription_timezone($1::uuid, $2, $3::uuid)
