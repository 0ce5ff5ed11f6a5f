-- scope: egress
-- $1 schema, $2 job, $3 fence, $4 token, $5 step, $6 detail, $7 may an unknown one be sent again
select s.state, s.detail
from public.egress_effect_start($1, $2::uuid, $3::integer, $4::uuid, $5, $6::jsonb, $7::boolean) s
