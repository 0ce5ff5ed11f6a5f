-- scope: lifecycle
-- How an attempt went: $1 message, $2 attempt, $3 sent, retry, dead or unknown, $4 code, $5 provider's code, $6 ms,
-- $7 digest of what was sent, $8 detail, $9 seconds until the next. A message somebody else has taken over
-- meanwhile is left alone; the result is kept.
with kept as (
    insert into public.delivery_result (outbox_id, n, outcome, code, provider_code, latency_ms, body_sha256, detail)
    values ($1::uuid, $2::smallint, $3, nullif($4::integer, 0), $5, $6::integer, $7, $8)
    on conflict on constraint delivery_result_pk do nothing
)
update public.outbox
set state = $3,
    reason = $8,
    lease_until = null,
    next_at = case when $3 = 'retry' then public.lifecycle_now() + $9::bigint * interval '1 second' else next_at end,
    ended_at = case when $3 <> 'retry' then clock_timestamp() end
where id = $1::uuid
    and state = 'sending'
    and attempts = $2::smallint
