-- scope: public
-- $1 credential; one that a resource, a grant, a payment provider or a channel uses stays (forbidden)
with used as (
    select from public.http_resource r where r.credential_id = $1::uuid
    union all
    select from public.http_grant g where g.credential_id = $1::uuid
    union all
    select from public.payment_provider p where p.credential_id = $1::uuid
    union all
    select from public.channel n where n.credential_id = $1::uuid
), gone as (
    delete from public.credential
    where id = $1::uuid
        and not exists (select from used)
    returning id
)
select public.gov_must(not exists (select from used), 'forbidden'),
    public.gov_must(exists (select from gone), 'not_found')
