-- Sums in what is said to people are written as on the paper: "299.00 CNY", "5000 JPY".
create function public.money_text(p_minor bigint, p_currency text) returns text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select round(p_minor / power(10::numeric, c.exponent), c.exponent) || ' ' || c.code
    from public.currency c
    where c.code = p_currency);
comment on function public.money_text(bigint, text) is 'a sum of minor units by the currency''s exponent, and the currency behind it';

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
            raise exception 'conflict: that reference is another payment: %', concat_ws(', ', public.money_text(p.amount_minor, p.currency),
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

-- What is too much to give back is said with the most that can be.
create or replace function public.order_refund(
    p_order uuid, p_id uuid, p_amount bigint, p_reference text, p_reason text, p_choice text, p_cut_date date,
    p_cut_at timestamptz, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    q public.subscription_period;
    p record;
    v_other date;
    v_left bigint := p_amount;
    v_part bigint;
    v_tax bigint;
    v_accounts text[] := '{}';
    v_amounts bigint[] := '{}';
begin
    if exists (select from public.payment_return r where r.id = p_id) then
        -- The same refund, or another one under its name: that would be told it was done.
        perform public.gov_must((
            select sum(r.amount_minor) = p_amount and min(a2.params ->> 'choice') is not distinct from p_choice
            from public.payment_application a
            join public.payment_return r on r.payment_id = a.payment_id and r.reference = p_reference and r.order_id = o.id
            left join public.approval_request a2 on a2.id = r.approval_id
            where a.order_id = o.id), 'idempotency_mismatch');
        return public.order_json(o.id);
    end if;
    if o.state not in ('paid', 'activating', 'active', 'activation_failed') then
        perform public.order_refuse(o, 'refund');
    end if;
    if p_amount <= 0 or o.refunded_minor + p_amount > o.amount_minor then
        raise exception 'conflict: more than was paid and not refunded: at most %',
            public.money_text(o.amount_minor - o.refunded_minor, o.currency) using errcode = 'GV000';
    end if;
    if public.order_voided(o.id) then
        raise exception 'conflict: its period never began, and its money is the credit of its customer' using errcode = 'GV000';
    end if;
    select * into q from public.subscription_period where order_id = o.id;
    if p_choice = 'shorten' and coalesce(q.closed_date, q.end_date) is not null
        and (q.closed_date is not null or q.end_date <= p_cut_date) then
        raise exception 'conflict: its period has ended on %', coalesce(q.closed_date, q.end_date) using errcode = 'GV000';
    end if;
    select coalesce(x.closed_date, x.end_date) into v_other
    from public.subscription_period x
    where x.subscription_id = o.subscription_id and x.order_id <> o.id and x.start_date <= p_cut_date
        and coalesce(x.closed_date, x.end_date) > p_cut_date;
    if p_choice = 'shutdown' and v_other is not null then
        raise exception 'conflict: another order has paid for today, until %', v_other using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'order.refund', p_digest);
    -- From where it came, the largest first, and from none more than it brought.
    for p in
        select b.id, b.method, a.amount_minor - coalesce((
                select sum(r.amount_minor) from public.payment_return r
                where r.payment_id = b.id and r.order_id = o.id), 0) as remains
        from public.payment_application a
        join public.payment b on b.id = a.payment_id
        where a.order_id = o.id
        order by a.amount_minor desc, b.id
    loop
        v_part := least(v_left, p.remains);
        continue when v_part <= 0;
        insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason, approval_id,
            recorded_by, recorded_at)
        values (case when v_left = p_amount then p_id else gen_random_uuid() end, p.id, o.id, v_part, p_reference, p_reason,
            p_approval, p_actor, public.lifecycle_now());
        v_accounts := v_accounts || ('CASH:' || p.method);
        v_amounts := v_amounts || -v_part;
        v_left := v_left - v_part;
    end loop;
    if v_left > 0 then
        raise exception 'conflict: more than its payments brought and did not go back: at most %',
            public.money_text(p_amount - v_left, o.currency) using errcode = 'GV000';
    end if;
    -- The tax of all that went back, less the tax of what had gone back before: the parts add up to the order's.
    v_tax := (o.tax_minor::numeric * (o.refunded_minor + p_amount) / o.amount_minor)::bigint
        - (o.tax_minor::numeric * o.refunded_minor / o.amount_minor)::bigint;
    perform public.ledger_post('refund:' || p_id, 'refund', o.id::text, array['REFUNDS', 'TAX_PAYABLE'] || v_accounts,
        array[p_amount - v_tax, v_tax] || v_amounts, o.currency);
    update public.orders set refunded_minor = refunded_minor + p_amount where id = o.id;
    perform public.order_move(o, case when o.refunded_minor + p_amount = o.amount_minor then 'refunded' else o.state end,
        case when o.refunded_minor + p_amount = o.amount_minor then 'refunded' else 'refunded_in_part' end, p_actor,
        jsonb_build_object('amount_minor', p_amount, 'choice', p_choice));
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'refunded'
    where kind in ('activation_failed', 'order_time_failed') and ref = o.id::text and done_at is null
        and o.refunded_minor + p_amount = o.amount_minor;
    update public.quota_grant set to_at = now() where order_id = o.id and o.refunded_minor + p_amount = o.amount_minor;
    if q.order_id is not null then
        perform public.upgrade_repriced(o, q.n, p_actor);
        if p_choice <> 'keep' and q.closed_date is null and q.end_date > p_cut_date then
            perform public.subscription_cut(o, q, p_cut_date, p_cut_at);
        end if;
    end if;
    perform public.order_unearned(o.id);
    if p_choice = 'shutdown' and o.subscription_id is not null then
        perform public.subscription_shut(o.subscription_id, 'refund', o.id::text, p_actor);
    end if;
    return public.order_json(o.id);
end
$$;
