-- scope: public
-- $1 tenant, $2 state, $3 reason; one that is in this state already is left alone
with changed as (
    update public.tenant
    set state = $2,
        suspended_reason = $3,
        revision = revision + 1
    where id = $1::uuid
        and state <> $2
    returning id
)
select public.gov_must(exists (select from changed), 'already_done')
