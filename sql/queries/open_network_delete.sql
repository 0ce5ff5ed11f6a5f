-- scope: public
-- $1 id
with gone as (
    delete from public.open_network
    where id = $1::uuid
    returning id
)
select public.gov_must(exists (select from gone), 'not_found')
