-- A customer's credit pays his orders: until now it could only be given back. And what more came than an order costs is a task,
-- because the rest was most often for something else that nobody paid then.

create or replace function public.order_pay(
    o public.orders, p_payments uuid[], p_from text, p_actor uuid, p_version integer,
    p_no integer, p_start date, p_end date, p_start_at timestamptz, p_end_at timestamptz, p_anchor date,
    p_anchor_no integer) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p record;
    v_total bigint := 0;
    v_credit bigint := 0; -- of it, what was credit before
    v_excess bigint;
    v_last uuid;
begin
    -- What settled nothing yet goes first and whole: what of it is too much becomes credit. Of credit only what is needed is taken.
    for p in
        select q.id, q.amount_minor, c.credit
        from public.payment q
        cross join lateral (select public.payment_credit(q.id) as credit) c
        where q.id = any (p_payments)
        order by (c.credit is not null), q.id
    loop
        if v_total < o.amount_minor then
            insert into public.payment_application (payment_id, order_id, amount_minor, applied_at)
            values (p.id, o.id, least(coalesce(p.credit, p.amount_minor), o.amount_minor - v_total), public.lifecycle_now());
        end if;
        if p.credit is null then
            v_total := v_total + p.amount_minor;
            v_last := p.id;
        else
            v_credit := v_credit + greatest(least(p.credit, o.amount_minor - v_total), 0);
            v_total := v_total + greatest(least(p.credit, o.amount_minor - v_total), 0);
        end if;
    end loop;
    v_excess := v_total - o.amount_minor;
    perform public.ledger_post('settle:' || o.id, 'settle', o.id::text,
        array[p_from, 'AR:' || o.customer_id, 'CUSTOMER_CREDIT:' || o.customer_id],
        array[v_total - v_credit, -o.amount_minor, v_credit - v_excess], o.currency);
    if v_excess > 0 then
        perform public.finance_task_add('payment_overpaid', v_last::text, o.customer_id, o.id, v_last,
            jsonb_build_object('amount_minor', v_excess, 'currency', o.currency, 'order', o.no, 'remedy', jsonb_build_object(
                'en', 'more came than the order costs; the rest is the customer''s credit. Was it for another order of his? execgov payment apply '
                    'ORDER ' || v_last || '. Or give it back: execgov payment return ' || v_last || ' --reference … --comment …',
                'zh-CN', '到账金额多于订单金额，余款已转为客户余额。若用于该客户的其他订单：execgov payment apply 订单 ' || v_last
                    || '；或退回：execgov payment return ' || v_last || ' --reference … --comment …')));
    end if;
    perform public.order_move(o, 'paid', 'paid', p_actor,
        jsonb_strip_nulls(jsonb_build_object('payments', p_payments, 'amount_minor', v_total, 'credit_minor', nullif(v_credit, 0))));
    select * into o from public.orders where id = o.id;
    if o.kind = 'quota' then
        perform public.quota_fill(o, p_actor);
        perform public.order_move(o, 'active', 'activated', p_actor, null);
    elsif p_no is null then
        perform public.order_move(o, 'activating', 'activating', p_actor, null);
        update public.orders set attempt_at = public.lifecycle_now() where id = o.id;
    else
        perform public.subscription_extend(o, p_actor, p_version, p_no, p_start, p_end, p_start_at, p_end_at,
            p_anchor, p_anchor_no);
        perform public.order_move(o, 'active', 'activated', p_actor, null);
    end if;
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'paid'
    where kind = 'payment_reported' and ref = o.id::text and done_at is null;
    update public.hold set released_at = public.lifecycle_now(), released_by = p_actor
    where order_id = o.id and kind = 'payment_reported' and released_at is null;
    if o.subscription_id is not null then
        perform public.subscription_touch(o.subscription_id);
    end if;
    perform public.customer_notify(o.customer_id, 'receipt:' || o.id, 'payment.received',
        coalesce(o.tenant_id, (select tenant_id from public.subscription where id = o.subscription_id)),
        o.subscription_id, jsonb_build_object('order_no', o.no, 'amount_minor', v_total, 'currency', o.currency,
            'until', p_end) || public.order_names(o), null, null, null);
end
$$;

create function public.order_names(o public.orders) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('customer', c.name, 'edition', v.edition, 'tenant', coalesce(t.name, o.terms ->> 'tenant_name'))
    from public.customer c
    join public.edition_version v on v.id = o.edition_version
    left join public.subscription s on s.id = o.subscription_id
    left join public.tenant t on t.id = coalesce(o.tenant_id, s.tenant_id)
    where c.id = o.customer_id);
comment on function public.order_names(public.orders) is 'whose and for what an order is, for a message: customer, edition, tenant (null: not yet there)';

create or replace function public.payment_apply(
    p_payments uuid[], p_order uuid, p_order_version integer, p_actor uuid, p_version integer, p_no integer,
    p_start date, p_end date, p_start_at timestamptz, p_end_at timestamptz, p_anchor date,
    p_anchor_no integer, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    v_count integer;
    v_total bigint;
    v_least bigint;
    v_alone bigint;
    v_limit bigint;
begin
    perform public.gov_must(o.version = p_order_version, 'stale');
    perform from public.payment where id = any (p_payments) order by id for no key update;
    -- What is there of each: all of one that settled nothing, what is left of one that settled another order of this customer. And
    -- of it what one person alone said had come: together it is what order_settle asks about for a single payment.
    select count(*), sum(a.minor), min(a.minor), coalesce(sum(a.minor) filter (where p.provider like 'manual:%' and p.approval_id is null), 0)
    into v_count, v_total, v_least, v_alone
    from public.payment p
    cross join lateral (select coalesce(public.payment_credit(p.id), p.amount_minor) as minor) a
    where p.id = any (p_payments)
        and p.currency = o.currency
        and a.minor > 0
        and not exists (
            select from public.payment_application x
            join public.orders y on y.id = x.order_id
            where x.payment_id = p.id and y.customer_id <> o.customer_id)
        and (exists (select from public.payment_application x where x.payment_id = p.id)
            or not exists (select from public.payment_return r where r.payment_id = p.id));
    if v_count <> cardinality(p_payments) then
        raise exception 'conflict: of a payment nothing is left, or it is unknown, of another currency, or the credit of another customer'
            using errcode = 'GV000';
    end if;
    if public.payment_judge(o, v_total, o.currency) <> 'settled' then
        raise exception 'conflict: this does not settle the order: %', public.payment_judge(o, v_total, o.currency)
            using errcode = 'GV000';
    end if;
    if v_total - v_least >= o.amount_minor then
        raise exception 'conflict: the order is settled without one of these payments; leave it out' using errcode = 'GV000';
    end if;
    select (value ->> o.currency)::bigint into v_limit
    from public.platform_setting where key = 'four_eyes_min';
    if v_alone > 0 and (v_limit is null or v_alone >= v_limit) then
        perform public.approval_claim(p_approval, 'payment.apply', p_digest);
    end if;
    perform public.order_pay(o, p_payments, 'UNAPPLIED', p_actor, p_version, p_no, p_start, p_end, p_start_at,
        p_end_at, p_anchor, p_anchor_no);
    -- What asked for a decision about this money is answered, but for what is still left of it as credit.
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'applied'
    where f.done_at is null
        and ((f.payment_id = any (p_payments) and (f.kind <> 'payment_overpaid' or public.payment_credit(f.payment_id) = 0)
                and f.kind <> 'payment_disputed')
            or (f.kind = 'period_voided'
                and f.order_id in (select a.order_id from public.payment_application a where a.payment_id = any (p_payments))
                and not exists (
                    select from public.payment_application a
                    where a.order_id = f.order_id and public.payment_credit(a.payment_id) > 0)));
    return jsonb_build_object('result', 'settled', 'order', public.order_json(o.id));
end
$$;
comment on function public.payment_apply(uuid[], uuid, integer, uuid, integer, integer, date, date, timestamptz, timestamptz, date, integer, uuid, text) is
    'finance applies payments that waited (partial, late), and what is left of others as the customer''s credit, to an order: it is settled, or nothing happens';

-- The same reference for other money is refused with what it is already.
create or replace function public.order_settle(
    p_order uuid, p_order_version integer, p_payment uuid, p_provider text, p_txn text, p_method text,
    p_amount bigint, p_currency text, p_received_at timestamptz, p_reference text, p_evidence text,
    p_actor uuid, p_approval uuid, p_digest text, p_version integer, p_no integer, p_start date, p_end date,
    p_start_at timestamptz, p_end_at timestamptz, p_anchor date, p_anchor_no integer) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    p public.payment;
    v_judged text;
    v_limit bigint;
begin
    select * into p from public.payment where provider = p_provider and provider_txn = p_txn;
    if found then
        if not (p.amount_minor = p_amount and p.currency = p_currency and p.claimed_order is not distinct from p_order) then
            raise exception 'conflict: that reference is another payment: %', concat_ws(', ', p.currency || ' ' || p.amount_minor || ' (minor units)',
                'order ' || (select x.no from public.orders x where x.id = p.claimed_order)) using errcode = 'GV000';
        end if;
        return jsonb_build_object('result', 'duplicate', 'payment_id', p.id, 'order', public.order_json(o.id));
    end if;
    select (value ->> p_currency)::bigint into v_limit
    from public.platform_setting where key = 'four_eyes_min';
    if p_provider like 'manual:%' and (v_limit is null or p_amount >= v_limit) then
        perform public.approval_claim(p_approval, 'payment.confirm', p_digest);
    end if;
    v_judged := public.payment_judge(o, p_amount, p_currency);
    perform public.gov_must(v_judged <> 'settled' or o.version = p_order_version, 'stale');
    insert into public.payment (id, provider, provider_txn, method, amount_minor, currency, received_at,
        external_ref, evidence_sha256, claimed_order, approval_id, recorded_by, recorded_at)
    values (p_payment, p_provider, p_txn, p_method, p_amount, p_currency, p_received_at, p_reference, p_evidence,
        p_order, p_approval, p_actor, public.lifecycle_now())
    returning * into p;
    if v_judged = 'settled' then
        perform public.order_pay(o, array[p.id], 'CASH:' || p_method, p_actor, p_version, p_no, p_start, p_end,
            p_start_at, p_end_at, p_anchor, p_anchor_no);
    else
        perform public.ledger_post('receive:' || p.id, 'receive', p.id::text,
            array['CASH:' || p_method, 'UNAPPLIED'], array[p_amount, -p_amount], p_currency);
        perform public.finance_task_add('payment_' || v_judged, p.id::text, o.customer_id, o.id, p.id,
            jsonb_build_object('amount_minor', p_amount, 'currency', p_currency, 'order_state', o.state,
                'due_minor', o.amount_minor));
        perform public.audit_add(null, p_actor, case when p_actor is null then 'system' else 'user' end, 'money',
            'payment.unapplied', 'payment', p.id::text, jsonb_build_object('order', o.no, 'why', v_judged));
    end if;
    return jsonb_build_object('result', v_judged, 'payment_id', p.id, 'order', public.order_json(o.id));
end
$$;
