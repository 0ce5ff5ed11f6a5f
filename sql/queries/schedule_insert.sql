-- scope: tenant
-- $1 id, $2 name, $3 cron, $4 timezone, $5 skill, $6 action, $7 input, $8 class, $9 catch_up, $10 lead_s, $11 enabled,
-- $12 owner, $13 asks, $14 next slot and $15 when it is due, in seconds (null: paused).
insert into {{t}}.schedule (id, name, cron, timezone, skill, action, input, class, catch_up, lead_s,
    enabled, owner, asks, next_at, due_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10::integer, $11::boolean, $12::uuid,
    $13::boolean, to_timestamp($14::bigint), to_timestamp($15::bigint))
