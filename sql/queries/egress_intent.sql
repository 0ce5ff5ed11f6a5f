-- scope: egress
-- Is this intent being recognised? $1 schema, $2 job, $3 fence, $4 token
select public.egress_intent($1, $2::uuid, $3::integer, $4::uuid)
