-- scope: tenant
-- Schedule $1, whose slot $2 (seconds) is decided: the next one $3, due $4, asked by request $5, $6 asks, $7 why it
-- is paused (null: it goes on). Another scheduler, or an edit, was first: conflict, and nothing happens.
with moved as (
    update {{t}}.schedule s
    set next_at = to_timestamp($3::bigint),
        due_at = case when $7::text is null then to_timestamp($4::bigint) end,
        asked_request = $5::uuid,
        asks = $6::boolean,
        enabled = $7::text is null,
        paused_reason = $7,
        revision = s.revision + case when $7::text is null then 0 else 1 end
    where s.id = $1::uuid
        and s.enabled
        and s.next_at = to_timestamp($2::bigint)
        and s.revision = $8::integer
        and s.asked_request is not distinct from $9::uuid
    returning s.id
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, detail)
    select 'system', 'schedule', 'schedule.paused', 'schedule', m.id::text,
        jsonb_build_object('reason', $7)
    from moved m
    where $7::text is not null
)
select public.gov_must(exists (select from moved), 'conflict')
