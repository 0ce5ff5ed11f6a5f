-- scope: tenant
-- First of two: $1 skill, $2 revision that was seen.
with changed as (
    update {{t}}.skill
    set revision = revision + 1,
        updated_at = now()
    where id = $1::uuid
        and revision = $2::integer
    returning id
), gone as (
    delete from {{t}}.skill_binding b
    using changed c
    where b.skill_id = c.id
)
select public.gov_must(exists (select from changed), 'precondition_failed')
