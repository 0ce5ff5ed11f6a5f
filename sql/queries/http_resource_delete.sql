-- scope: public
-- $1 resource; its grants go with it
with gone as (
    delete from public.http_resource
    where id = $1::uuid
    returning id
)
select public.gov_must(exists (select from gone), 'not_found')
