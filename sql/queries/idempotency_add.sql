-- scope: public
-- From a transaction of the platform's login into a tenant: $1 tenant, $2 user, $3 route, $4 key, $5 hash of the
-- body, $6 status, $7 answer
select public.idempotency_add($1::uuid, $2::uuid, $3, $4, $5::bytea, $6::smallint, $7::jsonb)
