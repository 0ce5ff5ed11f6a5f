-- scope: lifecycle
-- Now and the last as of (us); the brake; is anything due at $1 (us; null: now)?
-- scan scan_clock: one row
select (extract(epoch from public.lifecycle_now()) * 1000000)::bigint,
    case when isfinite(c.last_at) then (extract(epoch from c.last_at) * 1000000)::bigint else 0 end,
    coalesce((b.value ->> 'least')::bigint, 50), coalesce((b.value ->> 'percent')::bigint, 2),
    exists (
        select from public.subscription s
        where s.next_action_at <= coalesce(timestamptz 'epoch' + $1::bigint * interval '1 microsecond', public.lifecycle_now())
            and s.quarantined_at is null)
from public.scan_clock c
left join public.platform_setting b on b.key = 'brake'
