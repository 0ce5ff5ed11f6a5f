-- scope: egress
-- The stored input of a live run: $1 schema, $2 job, $3 fence, $4 token
select public.egress_input($1, $2::uuid, $3::integer, $4::uuid)
