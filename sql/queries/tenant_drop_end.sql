-- scope: public
-- $1 tenant, $2 actor. Its files are gone by now.
select null, public.tenant_drop_end($1::uuid, $2::uuid)
