-- scope: tenant
-- The skill that an upload belongs to, new or old: $1 id if new, $2 name, $3 uploader, $4 actor kind. Locks
-- the row, so that two uploads at once get two numbers.
with ensured as (
    insert into {{t}}.skill (id, name, owner)
    values ($1::uuid, $2, $3::uuid)
    on conflict on constraint skill_name_once
    do update set updated_at = now()
    returning id, name
)
insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
select $3::uuid, $4, 'skill', 'skill.created', 'skill', id::text, jsonb_build_object('name', name)
from ensured
where id = $1::uuid
