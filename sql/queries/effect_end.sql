-- scope: egress
-- $1 schema, $2 job, $3 step, $4 state, $5 detail
select public.egress_effect_end($1, $2::uuid, $3, $4, $5::jsonb)
