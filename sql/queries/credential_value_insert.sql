-- scope: public
-- The value of a version: $1 credential, $2 version, $3 key, $4 wrapped data key, $5 nonce, $6 sealed value
insert into public.credential_value (credential_id, version, key_id, wrapped_key, nonce, value)
values ($1::uuid, $2::integer, $3, $4::bytea, $5::bytea, $6::bytea)
