-- scope: tenant
-- Fails on idempotency_pk when somebody was first; then his answer counts.
insert into {{t}}.idempotency (user_id, route, key, body_hash, status, answer)
values ($1::uuid, $2, $3, $4::bytea, $5::smallint, $6::jsonb)
