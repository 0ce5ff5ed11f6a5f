-- scope: public
-- $1 payments, $2 order, $3 its version, $4 actor, $5 subscription's version, $6 period, $7 start, $8 end,
-- $9 start at (us), $10 end at (us), $11 anchor, $12 anchor's period,
-- $13 approval (null: none), $14 digest of what it approves
select public.payment_apply($1::uuid[], $2::uuid, $3::integer, $4::uuid, $5::integer, $6::integer, $7::date,
    $8::date, timestamptz 'epoch' + $9::bigint * interval '1 microsecond',
    timestamptz 'epoch' + $10::bigint * interval '1 microsecond', $11::date, $12::integer, $13::uuid, $14)
