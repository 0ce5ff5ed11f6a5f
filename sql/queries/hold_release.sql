-- scope: public
-- $1 hold, $2 actor
select public.hold_release($1::uuid, $2::uuid)
