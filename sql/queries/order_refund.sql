-- scope: public
-- $1 order, $2 refund's id, $3 amount, $4 reference, $5 why, $6 keep, shorten or shutdown, $7 cut date, $8 its moment
-- (us), $9 actor, $10 approval, $11 digest
select null, public.order_refund($1::uuid, $2::uuid, $3::bigint, $4, $5, $6, $7::date,
    timestamptz 'epoch' + $8::bigint * interval '1 microsecond', $9::uuid, $10::uuid, $11)
