-- scope: public
-- Tenant $1 is kept shorter from now on: look soon.
update public.retention r
set due_at = now()
where r.tenant_id = $1::uuid
