-- scope: tenant
-- Behind confirmation_decide, in its transaction: keep $1 user, $2 route, $3 key, $4 hash of the body, $5
-- status, $6 answer only if this very transaction decided about request $7. A refusal is not kept.
insert into {{t}}.idempotency (user_id, route, key, body_hash, status, answer)
select $1::uuid, $2, $3, $4::bytea, $5::smallint, $6::jsonb
where exists (
    select from {{t}}.confirmation c
    where c.request_id = $7::uuid
        and c.decided_by = $1::uuid
        and c.decided_at = now())
