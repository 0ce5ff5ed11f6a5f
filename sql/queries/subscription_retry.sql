-- scope: public
-- $1 subscription that was set aside, $2 actor
select null, public.subscription_retry($1::uuid, $2::uuid)
