-- scope: public
-- $1 payment, $2 id of the return, $3 reference, $4 why, $5 actor, $6 approval, $7 digest
select null, public.payment_give_back($1::uuid, $2::uuid, $3, $4, $5::uuid, $6::uuid, $7)
