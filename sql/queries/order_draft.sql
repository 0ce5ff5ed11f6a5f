-- scope: lifecycle
-- Draft a renewal: $1 id, $2 customer, $3 subscription, $4 its period as it was read, $5 edition's version, $6 amount, $7 tax, $8 how it was
-- made, $9 hours until it is published by itself (negative: never). Null: there is one, none is wanted, or another than was read
select public.order_draft_of($1::uuid, $2::uuid, $3::uuid, $4::integer, $5::uuid, $6::bigint, $7::bigint, $8::jsonb, $9::integer)
