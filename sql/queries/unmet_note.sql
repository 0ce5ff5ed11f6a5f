-- scope: tenant
-- $1 id if new, $2 text, $3 kind, $4 request, $5 and $6 skill and action that were named, $7 and $8 those that
-- are meant (null: nobody said), $9 who. What was decided about a text is open again when somebody means
-- something else by it.
insert into {{t}}.unmet as u (id, text_key, text, kind, request_id, was_skill, was_action, skill, action,
    created_by)
values ($1::uuid, sha256(convert_to(lower(btrim($2)), 'UTF8')), $2, $3, $4::uuid, $5, $6, $7, $8, $9::uuid)
on conflict on constraint unmet_text_once do update
set kind = case when excluded.kind = 'corrected' then 'corrected' else u.kind end,
    times = u.times + case when u.request_id = excluded.request_id then 0 else 1 end,
    request_id = excluded.request_id,
    was_skill = coalesce(excluded.was_skill, u.was_skill),
    was_action = coalesce(excluded.was_action, u.was_action),
    skill = coalesce(excluded.skill, u.skill),
    action = case when excluded.skill is null then u.action else excluded.action end,
    state = case when excluded.skill is null or (u.skill, u.action) is not distinct from
        (excluded.skill, excluded.action) then u.state else 'open' end,
    created_by = excluded.created_by,
    last_at = now()
