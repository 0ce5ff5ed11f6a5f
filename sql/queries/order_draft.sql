-- scope: lifecycle
-- Draft a renewal: $1 id, $2 customer, $3 subscription, $4 edition's version, $5 amount, $6 tax, $7 how it was made,
-- $8 hours until it is published by itself (negative: never)
select public.order_draft($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::bigint, $6::bigint, $7::jsonb, $8::integer)
