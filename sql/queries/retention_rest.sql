-- scope: public
-- Tenant $1 is swept.
update public.retention r
set due_at = public.retention_next($1::uuid)
where r.tenant_id = $1::uuid
