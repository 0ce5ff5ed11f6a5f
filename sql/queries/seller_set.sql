-- scope: public
-- $1 code, $2 name, $3 tax number, $4 it sells from now on, $5 actor
select null, public.seller_set($1, $2, $3, $4::boolean, $5::uuid)
