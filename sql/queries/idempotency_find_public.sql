-- scope: public
-- The answer given to this key within the last day; an older one is forgotten.
with forgotten as (
    delete from public.idempotency
    where user_id = $1::uuid
        and route = $2
        and key = $3
        and created_at <= now() - interval '24 hours'
)
select body_hash, status, answer
from public.idempotency
where user_id = $1::uuid
    and route = $2
    and key = $3
    and created_at > now() - interval '24 hours'
