-- scope: public
-- $1 id, $2 tenant (null: platform), $3 only if it is this user's (null: anybody's)
with api as (
    update public.api_token
    set revoked_at = now()
    where id = $1::uuid
        and tenant_id is not distinct from $2::uuid
        and ($3::uuid is null or user_id = $3::uuid)
        and revoked_at is null
    returning id, user_id
), sessions as (
    update public.session
    set revoked_at = now()
    where id = $1::uuid
        and tenant_id is not distinct from $2::uuid
        and ($3::uuid is null or user_id = $3::uuid)
        and revoked_at is null
    returning id, user_id
)
select public.gov_must(exists (select from api) or exists (select from sessions), 'not_found')
