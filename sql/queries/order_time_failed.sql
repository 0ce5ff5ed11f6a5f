-- scope: lifecycle
-- $1 order, $2 publish, expire or activate, $3 why not
select public.order_time_failed($1::uuid, $2, $3)
