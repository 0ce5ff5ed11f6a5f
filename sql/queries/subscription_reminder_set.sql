-- scope: public
-- $1 subscription, $2 policy (null: its edition's), $3 why, $4 actor
select null, public.subscription_reminder_set($1::uuid, $2, $3, $4::uuid)
