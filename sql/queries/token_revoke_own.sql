-- scope: public
-- The token of this very call: $1 its id
with api as (
    update public.api_token
    set revoked_at = now()
    where id = $1::uuid
        and revoked_at is null
)
update public.session
set revoked_at = now()
where id = $1::uuid
    and revoked_at is null
