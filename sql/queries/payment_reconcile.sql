-- scope: public
-- $1 provider, $2 import's id, $3 file's name, $4 its sha256, $5 lines, $6 from day, $7 to day, $8 actor, $9 only look
select public.payment_reconcile($1, $2::uuid, $3, $4, $5::jsonb, $6::date, $7::date, $8::uuid, $9::boolean)
