-- scope: tenant
-- Schedule $1 was fired by person $2: it became request $3.
with fired as (
    insert into {{t}}.schedule_firing (schedule_id, fire_at, state, request_id, by_user)
    select s.id, clock_timestamp(), 'fired', $3::uuid, $2::uuid
    from {{t}}.schedule s
    where s.id = $1::uuid
    returning schedule_id
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, request_id)
    select $2::uuid, 'user', 'schedule', 'schedule.fired_by_hand', 'schedule', f.schedule_id::text, $3::uuid
    from fired f
)
select public.gov_must(exists (select from fired), 'not_found')
