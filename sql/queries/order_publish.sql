-- scope: public
-- $1 order, $2 actor
select null, public.order_publish($1::uuid, $2::uuid)
