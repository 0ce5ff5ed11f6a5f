-- scope: egress
-- The data key of credential $1 version $2 is wrapped by key $3 now: $4. Left alone when it is not wrapped by
-- $5 any more.
update public.credential_value
set key_id = $3,
    wrapped_key = $4::bytea
where credential_id = $1::uuid
    and version = $2::integer
    and key_id = $5
