-- scope: public
-- $1 subscription, $2 hold's id, $3 kind, $4 until, $5 why, $6 actor
select public.hold_add($2::uuid, $1::uuid, $3, $4::timestamptz, $5, $6::uuid)
