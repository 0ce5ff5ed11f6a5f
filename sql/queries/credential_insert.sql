-- scope: public
-- $1 id, $2 name, $3 description, $4 tenant, $5 user
insert into public.credential (id, name, description, tenant_id, created_by)
values ($1::uuid, $2, coalesce($3, ''), $4::uuid, $5::uuid)
