-- scope: egress
-- The other side was asked: $1 schema, $2 job, $3 fence, $4 token, $5 step, $6 done | failed | unknown, $7 detail
select public.egress_effect_found($1, $2::uuid, $3::integer, $4::uuid, $5, $6, $7::jsonb)
