-- scope: tenant
-- Send $1 once more, under the same id; what is still on its way is left alone.
with again as (
    update {{t}}.delivery
    set state = 'pending',
        next_at = now(),
        delivered_at = null
    where id = $1::uuid
        and state <> 'pending'
    returning id
)
select public.gov_must(exists (select from again), 'conflict')
