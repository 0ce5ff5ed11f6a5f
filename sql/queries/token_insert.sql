-- scope: public
-- $1 id, $2 hash, $3 name, $4 user, $5 tenant, $6 scopes, $7 skills, $8 expiry (null: 90 days)
insert into public.api_token (id, token_hash, name, user_id, tenant_id, scopes, skills, expires_at)
values ($1::uuid, $2::bytea, $3, $4::uuid, $5::uuid, $6::text[], $7::text[],
        coalesce($8::timestamptz, now() + interval '90 days'))
