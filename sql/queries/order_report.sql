-- scope: public
-- $1 order, $2 actor, $3 reference, $4 until when a shutdown is kept off (us)
select null, public.order_report($1::uuid, $3, timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $2::uuid)
