-- scope: public
-- $1 edition, $2 subscription or $3 its tenant, $4 person: the version on sale, the subscription as it is, and
-- whose order it will be
select v.id, e.kind, v.interval_unit, v.interval_count, v.price_minor, v.currency, v.tax_bp, v.tax_inclusive,
    s.id, s.customer_id, s.state, c.interval_unit, c.interval_count, p.value_minor, p.start_date,
    coalesce(p.closed_date, p.end_date), coalesce(s.tz, t.timezone), t.kind,
    (select k.id from public.customer k where k.user_id = $4::uuid),
    (extract(epoch from public.lifecycle_now()) * 1000000)::bigint, c.edition,
    public.quota_limit(t.id, 'skills'), p.n, p.currency
from public.edition e
join lateral (
    select x.*
    from public.edition_version x
    where x.edition = e.code
        and x.sold_from <= public.lifecycle_now()
        and (x.sold_to is null or x.sold_to > public.lifecycle_now())
    order by x.ver desc
    limit 1) v on true
left join public.tenant t on t.id = $3::uuid
left join public.subscription s
    on s.id = coalesce($2::uuid, (select b.id from public.subscription b where b.tenant_id = $3::uuid))
left join public.edition_version c on c.id = s.edition_version
left join lateral (
    -- What it is worth: what was paid for it and not given back, and what an earlier period handed on to it.
    select q.n, q.amount_minor - b.refunded_minor + coalesce((b.price_snapshot ->> 'credit_minor')::bigint, 0) as value_minor,
        q.currency, q.start_date,
        q.closed_date, q.end_date
    from public.subscription_period q
    join public.orders b on b.id = q.order_id
    where q.subscription_id = s.id
        and q.start_date <= (public.lifecycle_now() at time zone s.tz)::date
        and coalesce(q.closed_date, q.end_date) > (public.lifecycle_now() at time zone s.tz)::date
    limit 1) p on true
where e.code = $1
