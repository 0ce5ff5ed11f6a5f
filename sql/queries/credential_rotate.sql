-- scope: public
-- A new version of $1, if it still has version $2, until $3 (null: for ever); the former value goes. The new value follows in the same
-- transaction.
with rotated as (
    update public.credential
    set version = version + 1,
        expires_at = $3::timestamptz,
        updated_at = now()
    where id = $1::uuid
        and version = $2::integer
    returning id
), former as (
    delete from public.credential_value
    where credential_id in (select id from rotated)
)
select public.gov_must(exists (select from rotated), 'conflict')
