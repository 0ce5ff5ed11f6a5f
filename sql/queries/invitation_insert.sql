-- scope: public
-- $1 id, $2 hash of the token, $3 kind, $4 tenant, $5 e-mail, $6 role, $7 author, $8 days it holds
insert into public.invitation (id, token_hash, kind, tenant_id, email, role, created_by, expires_at)
values ($1::uuid, $2::bytea, $3, $4::uuid, lower($5), $6, $7::uuid,
        now() + interval '1 day' * $8::integer)
returning public.utc_text(expires_at)
