-- scope: lifecycle
-- Now and the last as of (us); how many are live; the brake; which TZ database the server uses
-- scan: one row
select (extract(epoch from public.lifecycle_now()) * 1000000)::bigint,
    case when isfinite(c.last_at) then (extract(epoch from c.last_at) * 1000000)::bigint else 0 end,
    (select count(*) from public.subscription s where s.state in ('active', 'grace')),
    coalesce((b.value ->> 'least')::bigint, 50), coalesce((b.value ->> 'percent')::bigint, 2)
from public.scan_clock c
left join public.platform_setting b on b.key = 'brake'
