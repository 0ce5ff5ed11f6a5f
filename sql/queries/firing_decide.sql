-- scope: tenant
-- Slots of schedule $1 are decided: $2 [{slot, state, reason, message, request}]. A slot is decided once; only an
-- asked one may still end. Anything else: conflict.
with given as (
    select to_timestamp(g.slot) as fire_at, g.state, g.reason, g.message, g.request
    from jsonb_to_recordset($2::jsonb) as g (slot bigint, state text, reason text, message jsonb, request uuid)
), decided as (
    insert into {{t}}.schedule_firing as f (schedule_id, fire_at, state, reason, message, request_id)
    select $1::uuid, g.fire_at, g.state, g.reason, g.message, g.request
    from given g
    on conflict on constraint schedule_firing_pk do update
    set state = excluded.state,
        reason = excluded.reason,
        message = excluded.message,
        request_id = coalesce(excluded.request_id, f.request_id),
        decided_at = now()
    where f.state = 'asked'
    returning f.fire_at, f.state, f.reason, f.request_id
), audited as (
    insert into {{t}}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    select 'system', 'schedule', 'schedule.' || d.state, 'schedule', $1, d.request_id,
        jsonb_strip_nulls(jsonb_build_object('fire_at', d.fire_at, 'reason', d.reason))
    from decided d
)
select public.gov_must((select count(*) from decided) = (select count(*) from given), 'conflict')
