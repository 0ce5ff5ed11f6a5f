-- scope: egress
-- What a callback says and to whom: $1 schema, $2 task, $3 fence, $4 token, $5 host whose secret signs it
select public.egress_delivery($1, $2::uuid, $3::integer, $4::uuid, $5)
