-- scope: public
-- What an answer to a login shows: $1 user, $2 tenant
select public.user_json($1::uuid), public.tenant_json($2::uuid), public.memberships_json($1::uuid)
