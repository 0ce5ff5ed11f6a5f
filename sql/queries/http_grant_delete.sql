-- scope: public
-- $1 resource, $2 grant
with gone as (
    delete from public.http_grant
    where id = $2::uuid
        and resource_id = $1::uuid
    returning id
)
select public.gov_must(exists (select from gone), 'not_found')
