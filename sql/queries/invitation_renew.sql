-- scope: public
-- A new token for an invitation that was not taken: $1 id, $2 tenant, $3 hash, $4 days it holds
update public.invitation
set token_hash = $3::bytea,
    expires_at = now() + interval '1 day' * $4::integer
where id = $1::uuid
    and tenant_id = $2::uuid
    and kind = 'invite'
    and used_at is null
returning public.utc_text(expires_at)
