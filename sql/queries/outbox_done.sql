-- scope: lifecycle
-- How an attempt went: $1 message, $2 attempt, $3 sent, retry, dead or unknown, $4 code, $5 provider's code, $6 ms,
-- $7 digest of what was sent, $8 detail, $9 seconds until the next, $10 false: nobody could be asked yet, which
-- is none of the attempts that a channel allows. A message somebody else has taken over
-- meanwhile is left alone; the result is kept. What may have arrived is sent once more under the same message id,
-- a receipt is not: a person looks.
with kept as (
    insert into public.delivery_result (outbox_id, n, outcome, code, provider_code, latency_ms, body_sha256, detail)
    values ($1::uuid, $2::smallint, $3, nullif($4::integer, 0), $5, $6::integer, $7, $8)
    on conflict on constraint delivery_result_pk do nothing
)
update public.outbox o
set state = n.state,
    reason = $8,
    lease_until = null,
    resends = o.resends + case when n.again then 1 else 0 end,
    reached = o.reached + case when $10::boolean then 1 else 0 end,
    next_at = case when n.state = 'retry' then public.lifecycle_now() + $9::bigint * interval '1 second' else o.next_at end,
    ended_at = case when n.state <> 'retry' then clock_timestamp() end
from (
    select x.id, x.state = 'again' as again, case when x.state = 'again' then 'retry' else x.state end as state
    from (
        select y.id,
            case when $3 = 'unknown' and y.resends = 0 and y.event <> 'payment.received' then 'again' else $3 end as state
        from public.outbox y
        where y.id = $1::uuid) x) n
where o.id = n.id
    and o.state = 'sending'
    and o.attempts = $2::smallint
