-- scope: public
-- A new version of $1, if it still has version $2; the former value goes. The new value follows in the same
-- transaction.
with rotated as (
    update public.credential
    set version = version + 1,
        updated_at = now()
    where id = $1::uuid
        and version = $2::integer
    returning id
), former as (
    delete from public.credential_value
    where credential_id in (select id from rotated)
)
select public.gov_must(exists (select from rotated), 'conflict')
