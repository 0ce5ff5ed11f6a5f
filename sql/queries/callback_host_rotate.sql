-- scope: tenant
-- $1 host, $2 its new sealed secret
with changed as (
    update {{t}}.callback_host
    set secret = null,
        sealed = $2::jsonb
    where host = $1
    returning host
)
select public.gov_must(exists (select from changed), 'not_found')
