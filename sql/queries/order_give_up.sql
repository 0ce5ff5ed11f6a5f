-- scope: public
-- $1 order, $2 actor of finance, $3 why
select null, public.order_give_up($1::uuid, $2::uuid, $3)
