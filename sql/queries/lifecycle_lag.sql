-- scope: lifecycle
-- How many seconds late the oldest due subscription is
select greatest(0, extract(epoch from public.lifecycle_now() - min(s.next_action_at)))::bigint
from public.subscription s
where s.next_action_at is not null
    and s.quarantined_at is null
