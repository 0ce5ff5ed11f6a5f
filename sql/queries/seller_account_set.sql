-- scope: public
-- $1 code, $2 how it is paid, $3 actor
select null, public.seller_account_set($1, $2, $3::uuid)
