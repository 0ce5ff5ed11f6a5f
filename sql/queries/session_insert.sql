-- scope: public
-- $1 token's hash, $2 id, $3 user, $4 tenant (null: platform), $5 hash of the CSRF value, $6 seconds it
-- lasts, $7 user agent, $8 network address
insert into public.session
    (token_hash, id, user_id, tenant_id, csrf_hash, expires_at, user_agent, ip)
values ($1::bytea, $2::uuid, $3::uuid, $4::uuid, $5::bytea,
        now() + interval '1 second' * $6::bigint, $7, $8::inet)
returning public.utc_text(expires_at)
