-- The money comes: payment, application, paid, ledger, period, subscription, blocks, audit, receipt, in
-- one transaction. What the period is was reckoned outside (core/model/lifecycle); the versions it was
-- reckoned from are compared here, and a stale one is refused and reckoned anew.

create function public.customer_notify(
    p_customer uuid, p_key text, p_event text, p_tenant uuid, p_subscription uuid, p_payload jsonb,
    p_guard jsonb, p_next_at timestamptz, p_expires_at timestamptz) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    with targets as (
        select k.channel, k.endpoint, k.locale
        from public.customer_contact k
        where k.customer_id = p_customer
        union all
        select 'email', u.email, u.locale
        from public.membership m
        join public.app_user u on u.id = m.user_id
        where m.tenant_id = p_tenant and m.role = 'owner'
            and not exists (select from public.customer_contact k where k.customer_id = p_customer)
    )
    insert into public.outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, locale, payload,
        guard, message_id, next_at, expires_at)
    select p_key, p_event, t.channel, t.endpoint, p_tenant, p_subscription, coalesce(t.locale, c.locale),
        p_payload, p_guard, gen_random_uuid()::text, coalesce(p_next_at, public.lifecycle_now()), p_expires_at
    from targets t
    join public.customer c on c.id = p_customer
    on conflict on constraint outbox_key_once do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
comment on function public.customer_notify(uuid, text, text, uuid, uuid, jsonb, jsonb, timestamptz, timestamptz) is
    'one message to each billing contact, or to the tenant''s owners; returns how many';

create function public.finance_task_add(
    p_kind text, p_ref text, p_customer uuid, p_order uuid, p_payment uuid, p_detail jsonb) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.finance_task (id, kind, ref, customer_id, order_id, payment_id, detail, created_at)
    values (gen_random_uuid(), p_kind, p_ref, p_customer, p_order, p_payment, coalesce(p_detail, '{}'),
        public.lifecycle_now())
    on conflict on constraint finance_task_once do nothing;
end;
comment on function public.finance_task_add(text, text, uuid, uuid, uuid, jsonb) is 'something for a person, once';

create function public.subscription_extend(
    o public.orders, p_actor uuid, p_version integer, p_no integer, p_start date, p_end date,
    p_start_at timestamptz, p_end_at timestamptz, p_anchor date, p_anchor_no integer) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v_limits jsonb;
    v_now timestamptz := public.lifecycle_now();
begin
    select * into s from public.subscription where id = o.subscription_id for no key update;
    perform public.gov_must(s.version = p_version and s.period_no + 1 = p_no, 'stale');
    update public.subscription_period
    set closed_date = greatest(start_date, p_start), closed_by = o.id
    where subscription_id = s.id and end_date > p_start and closed_date is null;
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
comment on function public.subscription_extend(public.orders, uuid, integer, integer, date, date, timestamptz, timestamptz, date, integer) is
    'S1, S2, S5, S7: the paid period, the state active, billing''s blocks released; stale if the subscription has changed since';

create function public.quota_fill(o public.orders, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_slots integer;
begin
    select (limits ->> 'slots')::integer into v_slots from public.edition_version where id = o.edition_version;
    insert into public.quota_account (tenant_id, resource, base) values (o.tenant_id, 'skills', 0)
    on conflict on constraint quota_account_pk do nothing;
    insert into public.quota_grant (id, tenant_id, resource, order_id, delta, reason)
    values (gen_random_uuid(), o.tenant_id, 'skills', o.id, v_slots * o.quantity, 'order ' || o.no);
    perform public.audit_add(o.tenant_id, p_actor, case when p_actor is null then 'system' else 'user' end,
        'billing', 'quota.granted', 'order', o.id::text, jsonb_build_object('slots', v_slots * o.quantity));
end
$$;
comment on function public.quota_fill(public.orders, uuid) is 'a slot pack is there with its payment, once an order';

-- What the payment is to its order: settled, or why not.
create function public.payment_judge(o public.orders, p_amount bigint, p_currency text) returns text
    language sql immutable
    set search_path = pg_catalog, pg_temp
return case
    when p_currency <> o.currency then 'currency'
    when o.state in ('cancelled', 'expired') then 'late'
    when o.state = 'draft' then 'draft'
    when o.state not in ('pending_payment', 'payment_reported') then 'paid_before'
    when p_amount < o.amount_minor then 'partial'
    else 'settled'
end;
comment on function public.payment_judge(public.orders, bigint, text) is
    'settled, or the reason why the payment waits for a person: currency, late, draft, paid_before, partial';

create function public.order_pay(
    o public.orders, p_payments uuid[], p_from text, p_actor uuid, p_version integer,
    p_no integer, p_start date, p_end date, p_start_at timestamptz, p_end_at timestamptz, p_anchor date,
    p_anchor_no integer) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p public.payment;
    v_total bigint := 0;
begin
    for p in select * from public.payment where id = any (p_payments) order by id
    loop
        if v_total < o.amount_minor then
            insert into public.payment_application (payment_id, order_id, amount_minor, applied_at)
            values (p.id, o.id, least(p.amount_minor, o.amount_minor - v_total), public.lifecycle_now());
        end if;
        v_total := v_total + p.amount_minor;
    end loop;
    perform public.ledger_post('settle:' || o.id, 'settle', o.id::text,
        array[p_from, 'AR:' || o.customer_id, 'CUSTOMER_CREDIT:' || o.customer_id],
        array[v_total, -o.amount_minor, -(v_total - o.amount_minor)], o.currency);
    perform public.order_move(o, 'paid', 'paid', p_actor,
        jsonb_build_object('payments', p_payments, 'amount_minor', v_total));
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
            'until', p_end), null, null, null);
end
$$;
comment on function public.order_pay(public.orders, uuid[], text, uuid, integer, integer, date, date, timestamptz, timestamptz, date, integer) is
    'O5, O6 once the payment is judged to settle the order; the caller holds the locks';

create function public.order_settle(
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
        perform public.gov_must(p.amount_minor = p_amount and p.currency = p_currency
            and p.claimed_order is not distinct from p_order, 'conflict');
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
comment on function public.order_settle(uuid, integer, uuid, text, text, text, bigint, text, timestamptz, text, text, uuid, uuid, text, integer, integer, date, date, timestamptz, timestamptz, date, integer) is
    'O5, O9: a payment for an order, from a provider or confirmed by finance; the same transaction twice is told duplicate';

create function public.payment_apply(
    p_payments uuid[], p_order uuid, p_order_version integer, p_actor uuid, p_version integer, p_no integer,
    p_start date, p_end date, p_start_at timestamptz, p_end_at timestamptz, p_anchor date,
    p_anchor_no integer) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    v_total bigint;
begin
    perform public.gov_must(o.version = p_order_version, 'stale');
    perform from public.payment where id = any (p_payments) order by id for no key update;
    select sum(p.amount_minor) into v_total
    from public.payment p
    where p.id = any (p_payments)
        and p.currency = o.currency
        and not exists (select from public.payment_application a where a.payment_id = p.id)
        and not exists (select from public.payment_return r where r.payment_id = p.id)
    having count(*) = cardinality(p_payments);
    if v_total is null then
        raise exception 'conflict: a payment is applied, returned, unknown, or of another currency' using errcode = 'GV000';
    end if;
    if public.payment_judge(o, v_total, o.currency) <> 'settled' then
        raise exception 'conflict: this does not settle the order: %', public.payment_judge(o, v_total, o.currency)
            using errcode = 'GV000';
    end if;
    perform public.order_pay(o, p_payments, 'UNAPPLIED', p_actor, p_version, p_no, p_start, p_end, p_start_at,
        p_end_at, p_anchor, p_anchor_no);
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'applied'
    where payment_id = any (p_payments) and done_at is null;
    return jsonb_build_object('result', 'settled', 'order', public.order_json(o.id));
end
$$;
comment on function public.payment_apply(uuid[], uuid, integer, uuid, integer, integer, date, date, timestamptz, timestamptz, date, integer) is
    'finance applies payments that waited (partial, late) to an order, all of it or nothing';

grant execute on function public.customer_notify(uuid, text, text, uuid, uuid, jsonb, jsonb, timestamptz, timestamptz),
    public.finance_task_add(text, text, uuid, uuid, uuid, jsonb) to execgov_platform, execgov_lifecycle;
grant execute on function public.order_settle(uuid, integer, uuid, text, text, text, bigint, text, timestamptz,
    text, text, uuid, uuid, text, integer, integer, date, date, timestamptz, timestamptz, date, integer)
    to execgov_platform, execgov_lifecycle;
grant execute on function public.payment_apply(uuid[], uuid, integer, uuid, integer, integer, date, date,
    timestamptz, timestamptz, date, integer) to execgov_platform;
