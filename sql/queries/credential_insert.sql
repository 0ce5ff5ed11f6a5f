-- scope: public
-- $1 id, $2 name, $3 description, $4 tenant, $5 user, $6 expires
insert into public.credential (id, name, description, tenant_id, created_by, expires_at)
values ($1::uuid, $2, coalesce($3, ''), $4::uuid, $5::uuid, $6::timestamptz)
