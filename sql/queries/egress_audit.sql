-- scope: egress
-- $1 tenant, $2 action, $3 run, $4 detail
select public.audit_add($1::uuid, null, 'system', 'resource', $2, 'run', $3, $4::jsonb)
