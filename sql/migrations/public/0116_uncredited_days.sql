-- A change of edition ends the period that runs when it is paid. Its price was lowered by the rest of the one that ran when it was ordered;
-- where that is another one (it is paid late, and a renewal was paid before it) the days of this one were lost. Such a payment is late: it
-- waits for a person, and the period goes on.

create or replace function public.payment_judge(o public.orders, p_amount bigint, p_currency text) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
return case
    when p_currency <> o.currency then 'currency'
    when o.state in ('cancelled', 'expired') then 'late'
    when o.state = 'draft' then 'draft'
    when o.state not in ('pending_payment', 'payment_reported') then 'paid_before'
    when exists (select from public.subscription s where s.id = o.subscription_id and s.state = 'terminated') then 'late'
    when exists (select from public.tenant t where t.id = o.tenant_id and t.state = 'terminated') then 'late'
    when o.terms ->> 'restart' = 'true' and exists (
        select from public.subscription s
        cross join lateral (select (public.lifecycle_now() at time zone s.tz)::date as day) today
        join public.subscription_period q on q.subscription_id = s.id
            and q.start_date <= today.day
            and coalesce(q.closed_date, q.end_date) > today.day
        join public.orders b on b.id = q.order_id
        where s.id = o.subscription_id
            and s.state = 'active'
            and q.n is distinct from (o.price_snapshot ->> 'credit_period')::integer
            -- more than what a quote would round to nothing, and then not name
            and (q.amount_minor - b.refunded_minor + coalesce((b.price_snapshot ->> 'credit_minor')::bigint, 0))::numeric
                * (q.end_date - today.day) > q.end_date - q.start_date) then 'late'
    when p_amount < o.amount_minor then 'partial'
    else 'settled'
end;
