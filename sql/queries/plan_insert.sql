-- scope: tenant
insert into {{t}}.plan (id, request_id, digest, risk, body, lane, class, timeout_ms, max_attempts,
    payload)
values ($1::uuid, $2::uuid, $3, $4, $5::jsonb, $6, $7, $8::integer, $9::smallint, $10::jsonb)
