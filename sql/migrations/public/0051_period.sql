-- Closing a month: a list of what is still open, the postings of what was earned, and who did it.

-- must: nobody may close over it. The others may be accepted by name.
create function public.period_checklist(p_month date) returns table (name text, must boolean, open bigint, examples jsonb)
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
    ), named (n, name, must) as (
        values (1, 'month_over', true), (2, 'earlier_months', true), (3, 'ledger_balanced', true), (4, 'receivables', true),
            (5, 'deferred_revenue', false), (6, 'scans', false), (7, 'scans_stopped', false), (8, 'subscriptions_due', false),
            (9, 'payment_events', false), (10, 'unapplied_payments', false), (11, 'open_tasks', false), (12, 'open_approvals', false),
            (13, 'activations', false), (14, 'reconciliation_files', false), (15, 'messages', false)
    )
    select k.name, k.must, count(f.what), coalesce((array_to_json((array_agg(f.what order by f.what) filter (where f.what is not null))[1:5]))::jsonb, '[]')
    from named k
    left join found f on f.name = k.name
    group by k.n, k.name, k.must
    order by k.n;
end;
comment on function public.period_checklist(date) is
    'what speaks against closing a month: how many, and the first five; a check with none is in order';

create function public.revenue_recognise(p_month date, p_closing integer) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_last date := (p_month + interval '1 month')::date - 1;
    l record;
    v_totals jsonb := '{}';
begin
    for l in
        select r.order_id, r.currency, r.recognised_minor - coalesce(s.amount, 0)::bigint as amount
        from public.revenue_lines(v_last) r
        left join (
            select t.ref, -sum(e.amount_minor) as amount
            from public.ledger_txn t
            join public.ledger_entry e on e.txn = t.id and e.account = 'REVENUE'
            where t.kind = 'recognise'
            group by t.ref) s on s.ref = r.order_id::text
        where r.recognised_minor <> coalesce(s.amount, 0)
        order by r.order_id
    loop
        perform public.ledger_post_on(v_last, 'recognise:' || l.order_id || ':' || to_char(p_month::timestamp, 'YYYY-MM') || ':' || p_closing,
            'recognise', l.order_id::text, array['DEFERRED_REVENUE', 'REVENUE'], array[l.amount, -l.amount], l.currency);
        v_totals := jsonb_set(v_totals, array[l.currency], jsonb_build_object('currency', l.currency,
            'orders', coalesce((v_totals #>> array[l.currency, 'orders'])::integer, 0) + 1,
            'amount_minor', coalesce((v_totals #>> array[l.currency, 'amount_minor'])::bigint, 0) + l.amount));
    end loop;
    return (select coalesce(jsonb_agg(t.value order by t.key), '[]') from jsonb_each(v_totals) t);
end
$$;
comment on function public.revenue_recognise(date, integer) is
    'Dr deferred, Cr revenue, a posting an order: what is earned by the end of the month and was not posted yet; what changed since an earlier closing comes with it';

create function public.period_json(p_month date, p_checks boolean) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'month', to_char(p_month::timestamp, 'YYYY-MM'),
        'state', case when m.month is not null and m.reopened_at is null then 'closed' else 'open' end,
        'closed_at', case when m.reopened_at is null then public.utc_text(m.closed_at) end,
        'closed_by', case when m.reopened_at is null then (select u.email from public.app_user u where u.id = m.closed_by) end,
        'history', coalesce((
            select jsonb_agg(jsonb_build_object('act', c.act, 'at', public.utc_text(c.at), 'by', u.email, 'comment', c.comment,
                'accepted', to_jsonb(c.accepted), 'recognised', c.recognised, 'approval', c.approval_id) order by c.at)
            from public.ledger_closing c
            join public.app_user u on u.id = c.actor
            where c.month = p_month), '[]'),
        'accounts', coalesce((
            select jsonb_agg(jsonb_build_object('account', a.account, 'currency', a.currency, 'debit_minor', a.debit,
                'credit_minor', a.credit) order by a.account, a.currency)
            from (
                select split_part(e.account, ':', 1) as account, e.currency,
                    coalesce(sum(e.amount_minor) filter (where e.amount_minor > 0), 0) as debit,
                    coalesce(-sum(e.amount_minor) filter (where e.amount_minor < 0), 0) as credit
                from public.ledger_txn t
                join public.ledger_entry e on e.txn = t.id
                where t.posted_on >= p_month
                    and t.posted_on < (p_month + interval '1 month')::date
                group by 1, 2) a), '[]'))
        || case when p_checks then jsonb_build_object('checks', (
            select jsonb_agg(jsonb_build_object('name', k.name, 'must', k.must, 'open', k.open, 'examples', k.examples))
            from public.period_checklist(p_month) k)) else '{}' end
    from (select p_month as asked) x
    left join public.ledger_month m on m.month = x.asked);
comment on function public.period_json(date, boolean) is 'a month as the API shows it (Period), with its checklist where asked';

create function public.period_close(p_month date, p_accept text[], p_comment text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_checks jsonb;
    v_open text;
    v_recognised jsonb;
begin
    -- Closings one after another, and no posting of the month meanwhile.
    perform pg_advisory_xact_lock(hashtextextended('ledger closing', 0));
    perform pg_advisory_xact_lock(public.ledger_month_lock(p_month));
    perform public.gov_must(not exists (select from public.ledger_month m where m.month = p_month and m.reopened_at is null),
        'already_done');
    select jsonb_agg(jsonb_build_object('name', k.name, 'must', k.must, 'open', k.open, 'examples', k.examples)),
        string_agg(k.name, ', ') filter (where k.open > 0 and (k.must or k.name <> all (p_accept)))
    into v_checks, v_open
    from public.period_checklist(p_month) k;
    if v_open is not null then
        return jsonb_build_object('closed', false, 'open', v_open, 'checks', v_checks);
    end if;
    v_recognised := public.revenue_recognise(p_month,
        (select count(*) from public.ledger_closing c where c.month = p_month and c.act = 'closed')::integer + 1);
    insert into public.ledger_month (month, closed_at, closed_by) values (p_month, public.lifecycle_now(), p_actor)
    on conflict on constraint ledger_month_pk
    do update set closed_at = excluded.closed_at, closed_by = excluded.closed_by, reopened_at = null;
    insert into public.ledger_closing (id, month, act, at, actor, comment, checklist, accepted, recognised)
    values (gen_random_uuid(), p_month, 'closed', public.lifecycle_now(), p_actor, p_comment, v_checks,
        (select coalesce(array_agg(k ->> 'name'), '{}') from jsonb_array_elements(v_checks) k where (k ->> 'open')::bigint > 0),
        v_recognised);
    perform public.audit_add(null, p_actor, 'user', 'money', 'period.closed', 'period', to_char(p_month::timestamp, 'YYYY-MM'),
        jsonb_build_object('accepted', p_accept, 'comment', p_comment, 'recognised', v_recognised));
    return jsonb_build_object('closed', true) || public.period_json(p_month, false) || jsonb_build_object('checks', v_checks);
end
$$;
comment on function public.period_close(date, text[], text, uuid) is
    'close a month unless something speaks against it that is not accepted by name: {closed, …}; what was earned is posted first';

create function public.period_reopen(p_month date, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    -- It is his act; whoever approved carried it out.
    v_requester uuid := coalesce((select r.requester from public.approval_request r where r.id = p_approval), p_actor);
begin
    perform pg_advisory_xact_lock(hashtextextended('ledger closing', 0));
    if not exists (select from public.ledger_month m where m.month = p_month and m.reopened_at is null) then
        raise exception 'conflict: the month is not closed' using errcode = 'GV000';
    end if;
    if exists (select from public.ledger_month m where m.month > p_month and m.reopened_at is null) then
        raise exception 'conflict: a later month is closed; reopen the last one first' using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'period.reopen', p_digest);
    update public.ledger_month set reopened_at = public.lifecycle_now() where month = p_month;
    insert into public.ledger_closing (id, month, act, at, actor, comment, approval_id)
    values (gen_random_uuid(), p_month, 'reopened', public.lifecycle_now(), v_requester, p_reason, p_approval);
    perform public.audit_add(null, p_actor, 'user', 'money', 'period.reopened', 'period', to_char(p_month::timestamp, 'YYYY-MM'),
        jsonb_build_object('reason', p_reason, 'approval', p_approval));
    return public.period_json(p_month, false);
end
$$;
comment on function public.period_reopen(date, text, uuid, uuid, text) is
    'take the last closing back, with somebody else''s approval; what it posted stays, the next closing posts the difference';

grant execute on function public.period_json(date, boolean), public.period_close(date, text[], text, uuid),
    public.period_reopen(date, text, uuid, uuid, text) to execgov_platform;
