-- scope: public
-- $1 code, $2 payee, $3 tax number, $4 how it is paid, $5 who asked, $6 approval, $7 its digest
select null, public.seller_account_set($1, $2, $3, $4, $5::uuid, $6::uuid, $7)
