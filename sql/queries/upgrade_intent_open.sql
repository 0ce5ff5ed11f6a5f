-- scope: public
-- $1 order, $2 person
select public.upgrade_intent_open($1::uuid, $2::uuid)
