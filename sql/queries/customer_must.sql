-- scope: public
-- $1 customer: has to be there
select public.gov_must(exists (select from public.customer c where c.id = $1::uuid), 'not_found')
