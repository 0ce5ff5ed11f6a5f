-- scope: tenant
-- Nobody will do the dead letter $1 again: $2 who, $3 why. Gives up (not_found) when there is none;
-- dead_letter_act_pk says it was decided.
with dead as (
    select j.id, j.request_id
    from {{t}}.job_outcome o
    join {{t}}.job j on j.id = o.job_id
    where o.job_id = $1::uuid
        and o.code in ('poison', 'outcome_unknown', 'internal')
), decided as (
    insert into {{t}}.dead_letter_act (job_id, act, actor, comment)
    select d.id, 'discarded', $2::uuid, $3
    from dead d
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select $2::uuid, 'user', 'run', 'job.discarded', 'job', $1::text, d.request_id,
        jsonb_strip_nulls(jsonb_build_object('comment', $3))
    from dead d
)
select public.gov_must(exists (select from dead), 'not_found')
