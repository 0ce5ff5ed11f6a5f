-- scope: tenant
-- $1 host, $2 secret in base64
with changed as (
    update {{t}}.callback_host
    set secret = decode($2, 'base64')
    where host = $1
    returning host
)
select public.gov_must(exists (select from changed), 'not_found')
