-- scope: public
-- $1 subscription, $2 actor, $3 approval, $4 digest
select null, public.subscription_terminate($1::uuid, $2::uuid, $3::uuid, $4)
