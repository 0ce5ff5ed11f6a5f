-- scope: public
-- $1 name; messages that wait for it wait on, until there is one of that name again or they expire
with gone as (
    delete from public.channel
    where name = $1
    returning name
)
select public.gov_must(exists (select from gone), 'not_found')
