-- scope: lifecycle
-- $1 order, $2 publish or expire
select public.order_time($1::uuid, $2)
