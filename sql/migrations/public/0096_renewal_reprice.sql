-- A renewal whose edition's version has left sale is asked for at the price of the one that took its place, and the customer is told.
-- A draft when it is published: nobody was asked for its money. A published one from the end of the period before it on: who pays in
-- time pays what he was asked for, and who does not finds no price of last year when he comes back.

-- The tax in what price_total says, as core/model/money says it in C; a test compares the two.
create function public.price_tax(p_price bigint, p_tax_bp integer, p_inclusive boolean) returns bigint
    language sql immutable
return case
    when not p_inclusive then public.price_total(p_price, p_tax_bp, false) - p_price
    else p_price - pg_catalog.div(p_price::numeric * 10000, 10000 + p_tax_bp)::bigint
        - case
            when pg_catalog.mod(p_price::numeric * 10000, 10000 + p_tax_bp) * 2 > 10000 + p_tax_bp
                or pg_catalog.mod(p_price::numeric * 10000, 10000 + p_tax_bp) * 2 = 10000 + p_tax_bp
                    and pg_catalog.mod(pg_catalog.div(p_price::numeric * 10000, 10000 + p_tax_bp), 2) = 1 then 1
            else 0
        end
    end;
comment on function public.price_tax(bigint, integer, boolean) is 'how much of price_total is tax; what is in a price is rounded half to even';

-- The price of a version as an order has it.
create function public.renewal_terms(p_version uuid) returns table (
    amount_minor bigint, tax_minor bigint, currency text, snapshot jsonb)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select t.total, public.price_tax(v.price_minor, v.tax_bp, v.tax_inclusive), v.currency,
        jsonb_build_object('unit_minor', v.price_minor, 'quantity', 1, 'tax_bp', v.tax_bp, 'total_minor', t.total)
    from public.edition_version v
    cross join lateral (select public.price_total(v.price_minor, v.tax_bp, v.tax_inclusive) as total) t
    where v.id = p_version;
end;
comment on function public.renewal_terms(uuid) is 'what a period of this version is asked for';

-- `o`: before; `p_order`: what is asked for now, which may be another order.
create function public.renewal_repriced(o public.orders, p_order uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    n public.orders;
begin
    select * into n from public.orders where id = p_order;
    perform public.audit_add(null, null, 'system', 'money', 'order.repriced', 'order', n.id::text, jsonb_strip_nulls(jsonb_build_object(
        'no', n.no, 'instead_of', case when n.id <> o.id then o.no end, 'before_minor', o.amount_minor, 'before_currency', o.currency,
        'amount_minor', n.amount_minor, 'currency', n.currency)));
    if (o.amount_minor, o.currency) = (n.amount_minor, n.currency) and n.id = o.id then
        return;
    end if;
    perform public.customer_notify(n.customer_id, 'repriced:' || n.id, 'subscription.repriced', s.tenant_id, s.id,
        jsonb_strip_nulls(jsonb_build_object('customer', c.name, 'edition', v.edition, 'period_no', s.period_no,
            'paid_until', s.paid_until_date, 'timezone', s.tz, 'amount_minor', n.amount_minor, 'currency', n.currency,
            'former_minor', case when o.currency = n.currency then o.amount_minor end,
            'instead_of', case when n.id <> o.id then o.no end)),
        jsonb_build_object('subscription', s.id, 'period_no', s.period_no), null, n.expires_at)
    from public.subscription s
    join public.customer c on c.id = s.customer_id
    join public.edition_version v on v.id = n.edition_version
    where s.id = n.subscription_id;
end
$$;
comment on function public.renewal_repriced(public.orders, uuid) is 'a renewal has another price than the one it had: the audit and the customer know';

create or replace function public.order_publish(p_order uuid, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
    v_before public.orders := o;
    v_version uuid;
begin
    if o.state = 'pending_payment' then
        return public.order_json(o.id);
    end if;
    if o.state <> 'draft' then
        perform public.order_refuse(o, 'publish');
    end if;
    v_version := case when o.kind = 'renewal' then public.renewal_version(o.edition_version) end;
    if v_version <> o.edition_version then
        update public.orders x
        set edition_version = v_version, amount_minor = t.amount_minor, tax_minor = t.tax_minor, currency = t.currency,
            price_snapshot = t.snapshot
        from public.renewal_terms(v_version) t
        where x.id = o.id
        returning x.* into o;
    end if;
    perform public.order_move(o, 'pending_payment', 'published', p_actor, null);
    perform public.order_invoice(o);
    if o.edition_version <> v_before.edition_version then
        perform public.renewal_repriced(v_before, o.id);
    end if;
    return public.order_json(o.id);
end
$$;
comment on function public.order_publish(uuid, uuid) is
    'O3: the customer is asked to pay, at the price of the version that took the place of one that left sale';

-- The money of an order that somebody was asked for is a fact: another price is another order, with another number.
create function public.renewal_replace(p_order uuid, p_new uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
    n public.orders;
    v_version uuid := public.renewal_version(o.edition_version);
    v_now timestamptz := public.lifecycle_now();
begin
    if o.kind <> 'renewal' or o.state <> 'pending_payment' or v_version = o.edition_version or not exists (
            select from public.subscription s
            where s.id = o.subscription_id and s.period_no + 1 = o.period_no and s.paid_until_at <= v_now) then
        return;
    end if;
    perform public.order_cancel(o.id, 'cancelled', null, 'its edition''s version left sale');
    insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state, state_entered_at,
        amount_minor, tax_minor, currency, price_snapshot, expires_at, created_at)
    select p_new, to_char(v_now, 'YYYYMMDD') || '-' || lpad(nextval('public.order_number')::text, 6, '0'), 'renewal', o.customer_id,
        o.subscription_id, o.period_no, v_version, 'pending_payment', v_now, t.amount_minor, t.tax_minor, t.currency,
        t.snapshot || jsonb_build_object('instead_of', o.no), o.expires_at, v_now
    from public.renewal_terms(v_version) t
    returning * into n;
    perform public.order_invoice(n);
    insert into public.order_event (order_id, at, to_state, event) values (n.id, v_now, n.state, 'repriced');
    perform public.renewal_repriced(o, n.id);
end
$$;
comment on function public.renewal_replace(uuid, uuid) is
    'a published renewal that nobody paid in time, of a version that left sale: cancelled, and asked for anew at today''s price';

-- Those whose period has ended come first: an order expires when its grace days and its retention are over.
create index orders_unpaid_renewal on public.orders (edition_version, expires_at) where kind = 'renewal' and state = 'pending_payment';

drop function public.order_time(uuid, text);
create function public.order_time(p_order uuid, p_what text, p_new uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_what = 'publish' then
        perform public.order_publish(p_order, null);
    elsif p_what = 'reprice' then
        perform public.renewal_replace(p_order, p_new);
    else
        perform public.order_cancel(p_order, 'expired', null, null);
    end if;
    delete from public.order_retry where order_id = p_order;
    if found then
        update public.finance_task set done_at = public.lifecycle_now(), outcome = 'done by itself'
        where kind = 'order_time_failed' and ref = p_order::text and done_at is null;
    end if;
end
$$;
comment on function public.order_time(uuid, text, uuid) is
    'publish, expire or ask anew for an order whose time has come; the last is an order of its own';
grant execute on function public.order_time(uuid, text, uuid) to execgov_lifecycle;
