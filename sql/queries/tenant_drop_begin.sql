-- scope: public
-- $1 tenant, $2 why, $3 actor, $4 approval, $5 digest
select null, public.tenant_drop_begin($1::uuid, $2, $3::uuid, $4::uuid, $5)
