-- scope: public
-- $1 order, $2 its version, $3 the tenant's id if one is made, $4 subscription's version, $5 period, $6 start,
-- $7 end, $8 start at (us), $9 end at (us), $10 anchor, $11 anchor's period
select public.order_activate($1::uuid, $2::integer, $3::uuid, $4::integer, $5::integer, $6::date, $7::date,
    timestamptz 'epoch' + $8::bigint * interval '1 microsecond',
    timestamptz 'epoch' + $9::bigint * interval '1 microsecond', $10::date, $11::integer)
