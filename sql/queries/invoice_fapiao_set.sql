-- scope: public
-- $1 invoice, by its number or id, $2 status, $3 code, $4 number, $5 day, $6 why, $7 actor
select null, public.invoice_fapiao_set($1, $2, $3, $4, $5::date, $6, $7::uuid)
