-- scope: public
-- $1 order, $2 actor, $3 why
select null, public.order_cancel($1::uuid, 'cancelled', $2::uuid, $3)
