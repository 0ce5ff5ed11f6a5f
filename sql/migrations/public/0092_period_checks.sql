-- Whoever closes a month sees by name that a payer's bank takes money back, and whom nobody could tell of his shutdown.

create or replace function public.period_checklist(p_month date) returns table (name text, must boolean, open bigint, examples jsonb)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with m as (
        select (p_month + interval '1 month')::date as next,
            ((p_month + interval '1 month')::timestamp at time zone public.platform_zone()) as ends_at,
            public.lifecycle_now() as at,
            public.platform_zone() as zone
    ), found (name, must, what) as (
        select 'month_over', true, 'ends at ' || public.utc_text(m.ends_at) from m where m.at < m.ends_at
        union all
        select 'earlier_months', true, to_char(g.month, 'YYYY-MM')
        from (select min(t.posted_on) as first from public.ledger_txn t) f
        cross join lateral generate_series(date_trunc('month', f.first::timestamp), p_month::timestamp - interval '1 month',
            interval '1 month') as g (month)
        where not exists (select from public.ledger_month l where l.month = g.month::date and l.reopened_at is null)
        union all
        select 'ledger_balanced', true, 'transaction ' || e.txn || ' in ' || e.currency
        from public.ledger_txn t
        join public.ledger_entry e on e.txn = t.id
        cross join m
        where t.posted_on >= p_month
            and t.posted_on < m.next
        group by e.txn, e.currency
        having sum(e.amount_minor) <> 0
        union all
        select 'receivables', true, 'customer ' || coalesce(a.customer, o.customer)
        from (
            select substr(e.account, 4) as customer, e.currency, sum(e.amount_minor) as amount
            from public.ledger_entry e
            where e.account like 'AR:%'
            group by 1, 2) a
        full join (
            select x.customer_id::text as customer, x.currency, sum(x.amount_minor) as amount
            from public.orders x
            where x.state in ('pending_payment', 'payment_reported')
            group by 1, 2) o on o.customer = a.customer and o.currency = a.currency
        where coalesce(a.amount, 0) <> coalesce(o.amount, 0)
        union all
        select 'deferred_revenue', false, x.currency || ' differs by ' || sum(x.ledger - x.paid)
        from (
            select e.currency, -e.amount_minor as ledger, 0::bigint as paid
            from public.ledger_entry e
            where e.account in ('DEFERRED_REVENUE', 'REVENUE')
            union all
            select l.currency, 0, l.net_minor + l.moved_minor
            from public.revenue_lines(date '9999-01-01') l
            union all
            select o.currency, 0, o.amount_minor - o.tax_minor
            from public.orders o
            where o.state in ('pending_payment', 'payment_reported')) x
        group by x.currency
        having sum(x.ledger) <> sum(x.paid)
        union all
        select 'scans', false, 'last scan ' || coalesce(public.utc_text(nullif(c.last_at, '-infinity')), 'never')
        from public.scan_clock c, m
        where c.last_at < m.ends_at
        union all
        select 'scans_stopped', false, r.kind || ' ' || r.state || ' ' || public.utc_text(r.started_at)
        from public.scan_run r, m
        where r.state in ('requested', 'running', 'needs_approval', 'refused', 'failed')
            and r.started_at < m.ends_at
            and not exists (select from public.scan_run d where d.started_at > r.started_at and d.state = 'done')
        union all
        select 'subscriptions_due', false, 'subscription ' || s.id
        from public.subscription s, m
        where s.next_action_at < m.ends_at
            and (s.quarantined_at is not null or s.next_action_at < m.at - interval '10 minutes')
        union all
        select 'payment_events', false, e.provider || ' ' || e.event_id
        from public.payment_event e, m
        where e.status = 'received'
            and e.received_at < m.ends_at
        union all
        select 'unapplied_payments', false, p.provider || ' ' || p.provider_txn
        from public.payment p, m
        where p.received_at < m.ends_at
            and not exists (select from public.payment_application a where a.payment_id = p.id)
            and not exists (select from public.payment_return r where r.payment_id = p.id)
        union all
        select 'open_tasks', false, f.kind || ' ' || f.ref
        from public.finance_task f, m
        where f.done_at is null
            and f.created_at < m.ends_at
        union all
        select 'open_approvals', false, r.action || ' ' || r.id
        from public.approval_request r, m
        where r.state in ('waiting', 'approved')
            and r.expires_at > now()
            and r.created_at < m.ends_at
        union all
        select 'activations', false, 'order ' || o.no
        from public.orders o, m
        where o.state in ('activating', 'activation_failed')
            and o.state_entered_at < m.ends_at
        union all
        select 'reconciliation_files', false, v.code || ' ' || d.day::date
        from public.payment_provider v
        cross join m
        cross join lateral generate_series(p_month::timestamp, m.next::timestamp - interval '1 day', interval '1 day') as d (day)
        where v.enabled
            and exists (
                select from public.payment p
                where p.provider = v.code
                    and p.received_at >= d.day at time zone m.zone
                    and p.received_at < (d.day + interval '1 day') at time zone m.zone)
            and not exists (
                select from public.statement_import i
                where i.kind = 'provider' and i.source = v.code and d.day::date between i.from_day and i.to_day)
        union all
        select 'messages', false, b.event || ' ' || b.state
        from public.outbox b, m
        where b.created_at < m.ends_at
            and b.created_at >= p_month::timestamp at time zone m.zone
            and (b.state in ('sending', 'retry', 'unknown') or (b.state = 'pending' and b.next_at < m.at - interval '10 minutes'))
        union all
        select 'disputes', false, f.ref || coalesce(' order ' || o.no, '')
        from public.finance_task f
        cross join m
        left join public.orders o on o.id = f.order_id
        where f.kind = 'payment_disputed'
            and f.done_at is null
            and f.created_at < m.ends_at
        union all
        select 'notices', false, f.kind || ' ' || f.ref
        from public.finance_task f, m
        where f.kind in ('notice_dead', 'shutdown_untold', 'termination_untold')
            and f.done_at is null
            and f.created_at < m.ends_at
    ), named (n, name, must) as (
        values (1, 'month_over', true), (2, 'earlier_months', true), (3, 'ledger_balanced', true), (4, 'receivables', true),
            (5, 'deferred_revenue', false), (6, 'scans', false), (7, 'scans_stopped', false), (8, 'subscriptions_due', false),
            (9, 'payment_events', false), (10, 'unapplied_payments', false), (11, 'open_tasks', false), (12, 'open_approvals', false),
            (13, 'activations', false), (14, 'reconciliation_files', false), (15, 'messages', false),
            -- Tasks, too, but such as nobody should accept with all others: money that a bank takes back, and people who know nothing.
            (16, 'disputes', false), (17, 'notices', false),
            -- Not open: what was due then was done when the scans came back. Whoever closes should know it.
            (18, 'scan_gaps', false)
    ), notes (name, what) as (
        select 'scan_gaps', 'none from ' || public.utc_text(g.from_at) || ' to ' || public.utc_text(g.to_at)
        from public.scan_gap g, m
        where g.from_at < m.ends_at
            and g.to_at > p_month::timestamp at time zone m.zone
    )
    select k.name, k.must, count(f.what), coalesce((array_to_json((array_agg(coalesce(f.what, t.what) order by coalesce(f.what, t.what))
        filter (where coalesce(f.what, t.what) is not null))[1:5]))::jsonb, '[]')
    from named k
    left join found f on f.name = k.name
    left join notes t on t.name = k.name
    group by k.n, k.name, k.must
    order by k.n;
end;
