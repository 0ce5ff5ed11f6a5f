-- scope: public
-- $1 credential; refused by the constraints of what uses it
with gone as (
    delete from public.credential
    where id = $1::uuid
    returning id
)
select public.gov_must(exists (select from gone), 'not_found')
