-- scope: lifecycle
-- $1 order, $2 publish, expire, later or reprice, $3 the id of an order that may take its place
select public.order_time($1::uuid, $2, $3::uuid)
