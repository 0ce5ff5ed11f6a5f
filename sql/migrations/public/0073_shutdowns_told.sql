-- The digest counts every shutdown that comes, not the twenty it has room for, and knows those that come without grace days.

create or replace function public.finance_digest_make(p_day date, p_zone text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with t as (
        select (p_day - 1)::timestamp at time zone p_zone as y0, p_day::timestamp at time zone p_zone as d0,
            (p_day + 1)::timestamp at time zone p_zone as d1, (p_day + 2)::timestamp at time zone p_zone as d2,
            (p_day + 7)::timestamp at time zone p_zone as d7, (p_day - 30)::timestamp at time zone p_zone as m0,
            public.lifecycle_now() as at
    ), acts as (
        select count(*) filter (where a.action = 'remind' and a.status = 'done') as reminders,
            count(*) filter (where a.action = 'grace' and a.status = 'done') as graces,
            count(*) filter (where a.action in ('shutdown', 'cancel') and a.status = 'done') as shutdowns
        from t
        join public.lifecycle_action a on a.as_of >= t.y0 and a.as_of < t.d0
    ), paid as (
        select count(*) as orders,
            (select jsonb_agg(x.currency || ' ' || x.amount order by x.currency) from (
                select p.currency, round(sum(p.amount_minor) / power(10::numeric, min(c.exponent)), min(c.exponent)) as amount
                from t
                join public.payment p on p.recorded_at >= t.y0 and p.recorded_at < t.d0
                join public.currency c on c.code = p.currency
                group by p.currency) x) as sums
        from t
        join public.order_event e on e.at >= t.y0 and e.at < t.d0 and e.to_state = 'paid'
    ), soon as (
        select count(*) filter (where s.state = 'active' and s.paid_until_at >= t.d0 and s.paid_until_at < t.d7) as ends,
            count(*) filter (where x.at >= t.d0 and x.at < t.d7) as shutdowns
        from t
        left join public.subscription s on s.state in ('active', 'grace')
        left join public.edition_version v on v.id = s.edition_version
        left join lateral (
            -- What has no grace days, or was cancelled, stops with its period.
            select case when s.state = 'grace' then s.shutdown_due_at
                        when s.cancel_at_period_end or v.grace_days = 0 then s.paid_until_at end as at) x on true
    ), tomorrow as (
        select s.id, c.name, x.at, count(*) over () as whole, row_number() over (order by x.at, s.id) as n
        from t
        join public.subscription s on s.state in ('active', 'grace')
        join public.edition_version v on v.id = s.edition_version
        cross join lateral (
            select case when s.state = 'grace' then s.shutdown_due_at
                        when s.cancel_at_period_end or v.grace_days = 0 then s.paid_until_at end as at) x
        join public.customer c on c.id = s.customer_id
        where x.at < t.d2
            and (s.state = 'active' or coalesce(s.hold_until, '-infinity') < t.d2)
    ), listed as (
        select h.n, to_char(h.at at time zone p_zone, 'YYYY-MM-DD HH24:MI') || '  ' || h.name || '  ' || h.id as line
        from tomorrow h
        where h.n <= 20
        union all
        select 21, '… +' || (m.whole - 20)
        from (select max(h.whole) as whole from tomorrow h) m
        where m.whole > 20
    ), waiting as (
        select (select count(*) from public.finance_task f where f.done_at is null) as tasks,
            (select (t.at::date - min(f.created_at)::date) from public.finance_task f, t where f.done_at is null group by t.at) as oldest,
            (select count(*) from public.approval_request r, t
             where r.state = 'waiting' and r.expires_at > now()) as approvals
    ), scans as (
        select case when isfinite(c.last_at) and c.last_at < t.at - interval '15 minutes' then public.utc_text(c.last_at) end as last,
            case when not isfinite(c.last_at) then 0 end as ever,
            (select count(*) from public.scan_run r
             where r.started_at >= t.y0 and r.state in ('needs_approval', 'refused', 'failed')) as stopped,
            (select count(*) from public.subscription s where s.quarantined_at is not null) as set_aside
        from t, public.scan_clock c
    ), touched as (
        select count(*) as renewals, coalesce(sum(k.n), 0) as touches
        from t
        join public.order_event e on e.at >= t.m0 and e.at < t.d0 and e.to_state = 'paid'
        join public.orders o on o.id = e.order_id and o.kind = 'renewal'
        cross join lateral (select count(*) as n from public.order_touches(o.id)) k
    )
    select jsonb_strip_nulls(jsonb_build_object(
        'day', p_day, 'yesterday', p_day - 1, 'timezone', p_zone,
        'reminders', acts.reminders, 'graces', acts.graces, 'shutdowns', acts.shutdowns, 'orders', paid.orders,
        'money', (select string_agg(m.value, ', ') from jsonb_array_elements_text(paid.sums) m),
        'ends_7', soon.ends, 'shutdowns_7', soon.shutdowns,
        'tomorrow_count', (select count(*) from tomorrow),
        'tomorrow', (select jsonb_agg(l.line order by l.n) from listed l),
        'tasks', waiting.tasks, 'oldest_days', waiting.oldest, 'approvals', waiting.approvals,
        'last_scan', scans.last, 'scans_ever', scans.ever, 'scans_stopped', nullif(scans.stopped, 0), 'set_aside', nullif(scans.set_aside, 0),
        'no_calendar', (select string_agg(g.country || ' ' || g.year, ', ') from t, public.calendar_missing(t.at) g),
        'renewals_30', touched.renewals, 'touches_30', touched.touches, 'path', '/v1/platform/finance-tasks'))
    from acts, paid, soon, waiting, scans, touched;
end;

-- Who is shut down by a refund is told so, and so is finance: no scan does it for them.
create or replace function public.subscription_shut(p_subscription uuid, p_cause text, p_ref text, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v_told jsonb;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    if s.state not in ('active', 'grace') then
        return;
    end if;
    update public.subscription
    set state = 'shutdown', state_entered_at = public.lifecycle_now(), version = version + 1,
        next_action_at = public.lifecycle_now()
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, public.lifecycle_now(), s.state, 'shutdown', p_cause, p_ref, p_actor);
    if s.tenant_id is not null then
        perform public.tenant_block_set(s.tenant_id, 'billing', 3::smallint, 'subscription_expired', p_cause, s.id::text);
    end if;
    select jsonb_strip_nulls(jsonb_build_object('variant', p_cause, 'customer', c.name, 'edition', v.edition, 'period_no', s.period_no,
        'timezone', s.tz, 'retention_days', v.retention_days, 'subscription_id', s.id, 'order_no', o.no))
    into v_told
    from public.customer c
    join public.edition_version v on v.id = s.edition_version
    left join public.orders o on o.id::text = p_ref
    where c.id = s.customer_id;
    perform public.customer_notify(s.customer_id, 'sub:' || s.id || ':' || p_cause || ':' || p_ref, 'subscription.shutdown', s.tenant_id,
        s.id, v_told, jsonb_build_object('subscription', s.id, 'period_no', s.period_no, 'state', 'shutdown'), null, null);
    perform public.platform_notify(array['platform_finance'], 'sub:' || s.id || ':' || p_cause || ':' || p_ref || ':finance',
        'finance.shutdown', v_told || jsonb_build_object('path', '/v1/platform/subscriptions/' || s.id), null);
end
$$;
comment on function public.subscription_shut(uuid, text, text, uuid) is
    'shut down at once by an act of a person (a refund), who is not the only one to know: customer and finance are told; the scan has its own statement';
