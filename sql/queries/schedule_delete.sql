-- scope: tenant
-- Schedule $1 at revision $2, whose pending request is $3, goes with its history.
with gone as (
    delete from {{t}}.schedule s
    where s.id = $1::uuid
        and s.revision = $2::integer
        and s.asked_request is not distinct from $3::uuid
    returning s.id
), history as (
    delete from {{t}}.schedule_firing f
    using gone g
    where f.schedule_id = g.id
)
select public.gov_must(exists (select from gone), 'precondition_failed')
