-- A period that was paid ahead and never begins is its customer's credit. It goes back as the credit of an overpayment does, to the
-- payments that brought it; its order is not refunded besides, and what of it had been refunded before is not credit.

create function public.order_voided(p_order uuid) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return exists (select from public.ledger_txn t where t.idem_key = 'void:' || p_order);
comment on function public.order_voided(uuid) is 'its period never began: the money is the customer''s credit';

create function public.payment_voided(p_payment uuid) returns bigint
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select coalesce(sum(a.amount_minor - coalesce((
        select sum(r.amount_minor) from public.payment_return r where r.payment_id = a.payment_id and r.order_id = a.order_id), 0)), 0)
    from public.payment_application a
    where a.payment_id = p_payment and public.order_voided(a.order_id));
comment on function public.payment_voided(uuid) is 'what of a payment was for periods that never began, less what was refunded of it';

create or replace function public.payment_credit(p_payment uuid) returns bigint
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select p.amount_minor - a.applied + public.payment_voided(p.id) - coalesce((
        select sum(r.amount_minor) from public.payment_return r where r.payment_id = p.id and r.order_id is null), 0)
    from public.payment p
    cross join lateral (
        select sum(x.amount_minor) as applied from public.payment_application x where x.payment_id = p.id) a
    where p.id = p_payment and a.applied is not null);
comment on function public.payment_credit(uuid) is
    'what a payment that settled an order brought beyond it, or for a period that never began, less what of that went back; null: it settled nothing';

create or replace function public.period_voided(o public.orders, v public.subscription_period) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    q public.orders;
    v_back bigint;
    v_tax bigint;
begin
    select * into q from public.orders p where p.id = v.order_id;
    -- What was refunded stands in REFUNDS, with its tax taken back: that is not owed a second time.
    v_back := q.refunded_minor;
    v_tax := case when v_back = 0 then 0 else (q.tax_minor::numeric * v_back / q.amount_minor)::bigint end;
    perform public.ledger_post('void:' || q.id, 'void', q.id::text,
        array['DEFERRED_REVENUE', 'TAX_PAYABLE', 'CUSTOMER_CREDIT:' || o.customer_id, 'REFUNDS'],
        array[q.amount_minor - q.tax_minor, q.tax_minor - v_tax, -(q.amount_minor - v_back), -(v_back - v_tax)], v.currency);
    if q.amount_minor > v_back then
        perform public.finance_task_add('period_voided', q.id::text, o.customer_id, q.id, null,
            jsonb_build_object('period', v.n, 'amount_minor', q.amount_minor - v_back, 'currency', v.currency, 'by', o.no,
                'remedy', jsonb_build_object(
                    'en', 'the money of a period that never began is the customer''s credit: give it back (execgov payment ls --state credit, '
                        'execgov payment return PAYMENT)',
                    'zh-CN', '未开始周期的款项已转为客户余额：请退回（execgov payment ls --state credit，execgov payment return 付款编号）')));
    end if;
end
$$;

create or replace function public.order_refund(
    p_order uuid, p_id uuid, p_amount bigint, p_reference text, p_reason text, p_choice text, p_cut_date date,
    p_cut_at timestamptz, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    p record;
    v_left bigint := p_amount;
    v_part bigint;
    v_tax bigint;
    v_accounts text[] := '{}';
    v_amounts bigint[] := '{}';
begin
    if exists (select from public.payment_return r where r.id = p_id) then
        -- The same refund, or another one under its name: that would be told it was done.
        perform public.gov_must((
            select sum(r.amount_minor) = p_amount and min(q.params ->> 'choice') is not distinct from p_choice
            from public.payment_application a
            join public.payment_return r on r.payment_id = a.payment_id and r.reference = p_reference and r.order_id = o.id
            left join public.approval_request q on q.id = r.approval_id
            where a.order_id = o.id), 'idempotency_mismatch');
        return public.order_json(o.id);
    end if;
    if o.state not in ('paid', 'activating', 'active', 'activation_failed') then
        perform public.order_refuse(o, 'refund');
    end if;
    if p_amount <= 0 or o.refunded_minor + p_amount > o.amount_minor then
        raise exception 'conflict: more than was paid and not refunded' using errcode = 'GV000';
    end if;
    if public.order_voided(o.id) then
        raise exception 'conflict: its period never began, and its money is the credit of its customer' using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'order.refund', p_digest);
    -- From where it came, the largest first, and from none more than it brought.
    for p in
        select q.id, q.method, a.amount_minor - coalesce((
                select sum(r.amount_minor) from public.payment_return r
                where r.payment_id = q.id and r.order_id = o.id), 0) as remains
        from public.payment_application a
        join public.payment q on q.id = a.payment_id
        where a.order_id = o.id
        order by a.amount_minor desc, q.id
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
        raise exception 'conflict: more than its payments brought and did not go back' using errcode = 'GV000';
    end if;
    -- The tax of all that went back, less the tax of what had gone back before: the parts add up to the order's.
    v_tax := (o.tax_minor::numeric * (o.refunded_minor + p_amount) / o.amount_minor)::bigint
        - (o.tax_minor::numeric * o.refunded_minor / o.amount_minor)::bigint;
    perform public.ledger_post('refund:' || p_id, 'refund', o.id::text, array['REFUNDS', 'TAX_PAYABLE'] || v_accounts,
        array[p_amount - v_tax, v_tax] || v_amounts, o.currency);
    update public.orders set refunded_minor = refunded_minor + p_amount where id = o.id;
    if o.refunded_minor + p_amount = o.amount_minor then
        perform public.order_move(o, 'refunded', 'refunded', p_actor, jsonb_build_object('amount_minor', p_amount));
    else
        perform public.order_move(o, o.state, 'refunded_in_part', p_actor, jsonb_build_object('amount_minor', p_amount));
    end if;
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'refunded'
    where kind in ('activation_failed', 'order_time_failed') and ref = o.id::text and done_at is null
        and o.refunded_minor + p_amount = o.amount_minor;
    update public.quota_grant set to_at = now() where order_id = o.id and o.refunded_minor + p_amount = o.amount_minor;
    if p_choice = 'shutdown' and o.subscription_id is not null then
        perform public.subscription_shut(o.subscription_id, 'refund', o.id::text, p_actor);
    elsif p_choice = 'shorten' and o.subscription_id is not null then
        update public.subscription_period
        set closed_date = greatest(start_date, p_cut_date), closed_by = o.id
        where subscription_id = o.subscription_id and end_date > p_cut_date and closed_date is null;
        update public.subscription
        set paid_until_date = p_cut_date, paid_until_at = p_cut_at
        where id = o.subscription_id and paid_until_date > p_cut_date;
        perform public.subscription_touch(o.subscription_id);
    end if;
    return public.order_json(o.id);
end
$$;

create or replace function public.payment_give_back(
    p_payment uuid, p_id uuid, p_reference text, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    p public.payment;
    v_credit bigint;
    v_amount bigint;
    v_account text := 'UNAPPLIED';
begin
    select * into p from public.payment where id = p_payment for no key update;
    if not found then
        raise exception 'not_found: there is no such payment' using errcode = 'GV000';
    end if;
    select r.amount_minor into v_amount from public.payment_return r where r.id = p_id;
    if not found then
        v_credit := public.payment_credit(p.id);
        v_amount := coalesce(v_credit, p.amount_minor);
        if v_credit = 0 then
            raise exception 'conflict: this payment has settled an order; the order is refunded' using errcode = 'GV000';
        end if;
        if v_credit is null and exists (select from public.payment_return r where r.payment_id = p.id) then
            raise exception 'conflict: this payment was given back' using errcode = 'GV000';
        end if;
        if v_credit is not null then
            select 'CUSTOMER_CREDIT:' || o.customer_id into v_account
            from public.payment_application a
            join public.orders o on o.id = a.order_id
            where a.payment_id = p.id
            limit 1;
        end if;
        perform public.approval_claim(p_approval, 'payment.return', p_digest);
        insert into public.payment_return (id, payment_id, amount_minor, reference, reason, approval_id, recorded_by, recorded_at)
        values (p_id, p.id, v_amount, p_reference, p_reason, p_approval, p_actor, public.lifecycle_now());
        perform public.ledger_post('return:' || p_id, 'return', p.id::text, array[v_account, 'CASH:' || p.method],
            array[v_amount, -v_amount], p.currency);
        update public.finance_task
        set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'given back: ' || p_reference
        where done_at is null
            and (payment_id = p.id
                or kind = 'period_voided'
                    and order_id in (select a.order_id from public.payment_application a where a.payment_id = p.id)
                    and not exists (
                        select from public.payment_application a
                        where a.order_id = finance_task.order_id and public.payment_credit(a.payment_id) > 0));
        perform public.audit_add(null, p_actor, 'user', 'money', 'payment.returned', 'payment', p.id::text,
            jsonb_build_object('amount_minor', v_amount, 'currency', p.currency, 'reference', p_reference, 'reason', p_reason,
                'of', case when v_credit is null then 'payment' else 'credit' end));
    end if;
    return jsonb_build_object('payment_id', p.id, 'state', 'returned', 'reference', p_reference,
        'amount', jsonb_build_object('amount_minor', v_amount, 'currency', p.currency));
end
$$;

grant execute on function public.order_voided(uuid), public.payment_voided(uuid) to execgov_platform;
