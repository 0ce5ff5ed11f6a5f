-- scope: tenant
-- Schedule $1 at revision $16 becomes what is given, in schedule_insert's order. A slot that was asked for is given
-- up: its request is cancelled by the caller in the same transaction.
with changed as (
    update {{t}}.schedule s
    set name = $2,
        cron = $3,
        timezone = $4,
        skill = $5,
        action = $6,
        input = $7::jsonb,
        class = $8,
        catch_up = $9,
        lead_s = $10::integer,
        enabled = $11::boolean,
        paused_reason = null,
        owner = $12::uuid,
        asks = $13::boolean,
        next_at = to_timestamp($14::bigint),
        due_at = to_timestamp($15::bigint),
        asked_request = null,
        revision = s.revision + 1,
        updated_at = now()
    where s.id = $1::uuid
        and s.revision = $16::integer
        and s.asked_request is not distinct from $17::uuid
    returning s.id
), given_up as (
    update {{t}}.schedule_firing f
    set state = 'skipped',
        reason = 'cancelled',
        decided_at = now()
    from changed c
    where f.schedule_id = c.id
        and f.state = 'asked'
)
select public.gov_must(exists (select from changed), 'precondition_failed')
