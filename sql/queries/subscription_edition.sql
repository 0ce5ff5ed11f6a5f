-- scope: public
-- $1 subscription, $2 edition of its next period, $3 actor
select null, public.subscription_next_edition($1::uuid, $2, $3::uuid)
