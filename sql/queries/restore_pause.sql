-- scope: migrate
-- Pause what restore_slots.sql lists. Whoever resumes one goes on with the first slot after that moment.
with paused as (
    update {{t}}.schedule s
    set enabled = false,
        paused_reason = 'restored',
        due_at = null,
        revision = s.revision + 1,
        updated_at = now()
    where s.enabled
        and s.next_at < now()
    returning s.id
)
insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, detail)
select 'system', 'schedule', 'schedule.paused', 'schedule', p.id::text, jsonb_build_object('reason', 'restored')
from paused p
returning subject
