-- scope: public
-- $1 order: what its period is reckoned from, and the versions it was read at
select o.version, o.state, o.kind, o.amount_minor, o.currency, o.terms ->> 'restart',
    s.version, s.state, s.period_no, s.anchor_date, s.anchor_no, s.paid_until_date, s.tz, s.tenant_id,
    v.interval_unit, v.interval_count, v.late_policy,
    (extract(epoch from public.lifecycle_now()) * 1000000)::bigint,
    s.period_no > 0 and (v.interval_unit, v.interval_count) is distinct from (c.interval_unit, c.interval_count),
    (extract(epoch from s.paid_until_at) * 1000000)::bigint
from public.orders o
join public.edition_version v on v.id = o.edition_version
left join public.subscription s on s.id = o.subscription_id
left join public.edition_version c on c.id = s.edition_version
where o.id = $1::uuid
