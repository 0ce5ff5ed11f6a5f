-- scope: egress
-- Is this run live, and what may it call? $1 schema, $2 job, $3 fence, $4 token
select public.egress_run($1, $2::uuid, $3::integer, $4::uuid)
