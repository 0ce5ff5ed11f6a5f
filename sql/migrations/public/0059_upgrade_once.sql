-- What is left of a period is credited once. A second change of edition on the day of the first gave the first one's money
-- back as credit and took it off the price as well; and an upgrade that was priced before another was paid could
-- still be paid at that price. The period whose rest a price was lowered by stands in the order now: it is handed on, not
-- given back; and orders priced by a period that has ended are cancelled, so that money for them waits for a person.

create function public.upgrade_overtaken(o public.orders, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    u public.orders;
begin
    for u in
        select * from public.orders x
        where x.subscription_id = o.subscription_id
            and x.id <> o.id
            and x.kind = 'upgrade'
            and x.state in ('draft', 'pending_payment', 'payment_reported')
        order by x.id
        for no key update
    loop
        perform public.order_move(u, 'cancelled', 'cancelled', p_actor,
            jsonb_build_object('comment', 'the period it was priced by was ended by order ' || o.no));
        perform public.ledger_reverse('invoice-reversal:' || u.id, 'invoice:' || u.id);
    end loop;
end
$$;
comment on function public.upgrade_overtaken(public.orders, uuid) is
    'an order ends the period by which other changes of edition were priced: those that nobody paid are cancelled';

create or replace function public.subscription_extend(
    o public.orders, p_actor uuid, p_version integer, p_no integer, p_start date, p_end date,
    p_start_at timestamptz, p_end_at timestamptz, p_anchor date, p_anchor_no integer) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v public.subscription_period;
    v_limits jsonb;
    v_now timestamptz := public.lifecycle_now();
    v_credited integer := (o.price_snapshot ->> 'credit_period')::integer;
    v_cut boolean := false;
begin
    select * into s from public.subscription where id = o.subscription_id for no key update;
    perform public.gov_must(s.version = p_version and s.period_no + 1 = p_no, 'stale');
    for v in
        update public.subscription_period
        set closed_date = greatest(start_date, p_start), closed_by = o.id
        where subscription_id = s.id and end_date > p_start and closed_date is null
        returning *
    loop
        v_cut := true;
        if v.start_date >= p_start and v.amount_minor > 0 and v.n is distinct from v_credited then
            perform public.period_voided(o, v);
        end if;
    end loop;
    if v_cut then
        perform public.upgrade_overtaken(o, p_actor);
    end if;
    insert into public.subscription_period (subscription_id, n, start_date, end_date, start_at, end_at, tz, order_id,
        edition_version, amount_minor, currency)
    values (s.id, p_no, p_start, p_end, p_start_at, p_end_at, s.tz, o.id, o.edition_version, o.amount_minor, o.currency);
    update public.subscription
    set state = 'active',
        state_entered_at = case when state = 'active' then state_entered_at else v_now end,
        edition_version = o.edition_version, next_edition_version = null, period_no = p_no,
        anchor_date = p_anchor, anchor_no = p_anchor_no,
        paid_from_at = greatest(p_start_at, v_now), paid_until_date = p_end, paid_until_at = p_end_at,
        shutdown_due_at = null, final_notice_at = null, termination_notice_at = null,
        cancel_at_period_end = false, windows_done = 0, fail_count = 0, quarantined_at = null,
        next_action_at = v_now, version = version + 1
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, v_now, s.state, 'active', 'payment', o.id::text, p_actor);
    if s.tenant_id is null then
        return;
    end if;
    select limits into v_limits from public.edition_version where id = o.edition_version;
    update public.tenant
    set concurrency_limit = coalesce((v_limits ->> 'concurrency')::integer, concurrency_limit),
        store_quota_bytes = coalesce((v_limits ->> 'store_bytes')::bigint, store_quota_bytes)
    where id = s.tenant_id;
    perform public.tenant_block_release(s.tenant_id, 'billing', null, p_actor);
    perform public.audit_add(s.tenant_id, p_actor, case when p_actor is null then 'system' else 'user' end,
        'billing', 'subscription.extended', 'subscription', s.id::text,
        jsonb_build_object('order', o.no, 'until', p_end, 'from_state', s.state));
end
$$;

create or replace function public.revenue_lines(p_through date) returns table (
    order_id uuid, subscription_id uuid, period_no integer, paid_on date, start_date date, end_date date,
    net_minor bigint, moved_minor bigint, recognised_minor bigint, deferred_minor bigint, currency text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p record;
    v_zone text := public.platform_zone();
    v_last uuid;
    v_base bigint;
    v_days integer;
    v_carry jsonb := '{}'; -- order -> what it took over from the period it ended
begin
    for p in
        select o.id, o.kind, o.amount_minor - o.tax_minor as net, o.currency, e.on_day, q.subscription_id as sub, q.n,
            q.start_date as first, q.end_date as last, q.closed_date as cut, q.closed_by,
            (e2.at at time zone v_zone)::date as cut_on,
            c.order_id is not null as taken_over,
            exists (select from public.ledger_txn t where t.idem_key = 'void:' || o.id) as voided
        from public.orders o
        cross join lateral (
            select (min(x.at) at time zone v_zone)::date as on_day
            from public.order_event x where x.order_id = o.id and x.to_state = 'paid') e
        left join public.subscription_period q on q.order_id = o.id
        left join public.subscription_period c on c.order_id = q.closed_by and c.subscription_id = q.subscription_id and c.n > q.n
        left join lateral (
            select min(x.at) as at from public.order_event x where x.order_id = c.order_id and x.to_state = 'paid') e2 on true
        where e.on_day <= p_through
        order by q.subscription_id, q.n, o.id
    loop
        if p.sub is distinct from v_last then
            v_last := p.sub;
            v_carry := '{}';
        end if;
        order_id := p.id;
        subscription_id := p.sub;
        period_no := p.n;
        paid_on := p.on_day;
        start_date := p.first;
        end_date := case when p.cut <= p_through and (not p.taken_over or p.cut_on <= p_through) then p.cut else p.last end;
        net_minor := p.net;
        currency := p.currency;
        moved_minor := coalesce((v_carry ->> p.id::text)::bigint, 0);
        v_base := p.net + moved_minor;
        if p.n is null then
            recognised_minor := case when p.kind = 'quota' then v_base else 0 end;
        elsif p.taken_over and p.cut_on <= p_through then
            -- A period that never began was given back as the customer's credit (period_voided), or its price was taken
            -- off the one that took its place on the same day: then all of it moves there.
            v_days := p.cut - p.first;
            if v_days = 0 then
                recognised_minor := 0;
                v_carry := jsonb_set(v_carry, array[p.closed_by::text],
                    to_jsonb(coalesce((v_carry ->> p.closed_by::text)::bigint, 0)
                        + case when p.voided then moved_minor else v_base end));
            else
                v_days := least(v_days, greatest(p_through + 1 - p.first, 0));
                recognised_minor := round(v_base::numeric * v_days / (p.last - p.first));
                v_carry := jsonb_set(v_carry, array[p.closed_by::text], to_jsonb(
                    coalesce((v_carry ->> p.closed_by::text)::bigint, 0)
                        + v_base - round(v_base::numeric * (p.cut - p.first) / (p.last - p.first))::bigint));
            end if;
            moved_minor := moved_minor
                - (v_base - case when p.cut > p.first then round(v_base::numeric * (p.cut - p.first) / (p.last - p.first)) else 0 end)::bigint;
        elsif not p.taken_over and p.cut <= p_through then
            -- A refund cut it short: nothing more is owed for it (the refund itself is in REFUNDS).
            recognised_minor := v_base;
        else
            v_days := least(greatest(p_through + 1 - p.first, 0), p.last - p.first);
            recognised_minor := round(v_base::numeric * v_days / (p.last - p.first));
        end if;
        deferred_minor := net_minor + moved_minor - recognised_minor;
        return next;
    end loop;
end
$$;
