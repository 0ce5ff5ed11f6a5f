-- scope: public
-- $1 order, $2 what went wrong
select public.order_activation_failed($1::uuid, $2)
