-- scope: public
-- $1 order, $2 its version, $3 payment's id, $4 provider, $5 its transaction, $6 method, $7 amount, $8 currency,
-- $9 received at (a moment, or a day of the platform's zone), $10 reference, $11 evidence's sha256, $12 actor, $13 approval,
-- $14 its digest, $15 subscription's version, $16 period, $17 start, $18 end, $19 start at (us), $20 end at (us), $21 anchor,
-- $22 anchor's period
select public.order_settle($1::uuid, $2::integer, $3::uuid, $4, $5, $6, $7::bigint, $8,
    case when length($9) = 10 then $9::date::timestamp at time zone public.platform_zone() else $9::timestamptz end, $10, $11,
    $12::uuid, $13::uuid, $14, $15::integer, $16::integer, $17::date, $18::date,
    timestamptz 'epoch' + $19::bigint * interval '1 microsecond',
    timestamptz 'epoch' + $20::bigint * interval '1 microsecond', $21::date, $22::integer)
