-- A subscription changes its edition with its next period, or goes on for a while without being paid.

create index subscription_changing on public.subscription (id) where next_edition_version is not null;

create function public.subscription_next_edition(p_subscription uuid, p_edition text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v_version uuid;
    v_order uuid;
begin
    perform from public.customer c where c.id = (select customer_id from public.subscription where id = p_subscription)
        for no key update;
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    perform public.gov_must(s.state in ('active', 'grace'), 'conflict');
    select v.id into v_version
    from public.edition_version v
    join public.edition e on e.code = v.edition
    where v.edition = p_edition
        and e.kind = 'team'
        and v.sold_from <= public.lifecycle_now()
        and (v.sold_to is null or v.sold_to > public.lifecycle_now())
    order by v.ver desc
    limit 1;
    perform public.gov_must(found, 'not_on_sale');
    -- The renewal of the old edition that nobody paid is not what is wanted; the next look drafts the other.
    for v_order in
        select o.id from public.orders o
        where o.subscription_id = s.id and o.kind = 'renewal' and o.period_no = s.period_no + 1
            and o.state in ('draft', 'pending_payment') and o.edition_version <> v_version
    loop
        perform public.order_cancel(v_order, 'cancelled', p_actor, 'another edition was chosen');
    end loop;
    update public.subscription
    set next_edition_version = v_version, cancel_at_period_end = false
    where id = s.id;
    perform public.subscription_touch(s.id);
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.edition_chosen', 'subscription', s.id::text,
        jsonb_build_object('edition', p_edition, 'from_period', s.period_no + 1));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_next_edition(uuid, text, uuid) is
    'the next period is of another edition, as it is sold now; an unpaid renewal of the old one is cancelled';

-- A period that was paid ahead and never begins, because another interval begins now: its money is the customer's.
create function public.period_voided(o public.orders, v public.subscription_period) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_tax bigint;
begin
    select p.tax_minor into v_tax from public.orders p where p.id = v.order_id;
    perform public.ledger_post('void:' || v.order_id, 'void', v.order_id::text,
        array['DEFERRED_REVENUE', 'TAX_PAYABLE', 'CUSTOMER_CREDIT:' || o.customer_id],
        array[v.amount_minor - v_tax, v_tax, -v.amount_minor], v.currency);
    perform public.finance_task_add('period_voided', v.order_id::text, o.customer_id, v.order_id, null,
        jsonb_build_object('period', v.n, 'amount_minor', v.amount_minor, 'currency', v.currency, 'by', o.no));
end
$$;
comment on function public.period_voided(public.orders, public.subscription_period) is
    'the money of a period that was paid ahead and does not begin is the customer''s credit, and a task';

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
begin
    select * into s from public.subscription where id = o.subscription_id for no key update;
    perform public.gov_must(s.version = p_version and s.period_no + 1 = p_no, 'stale');
    for v in
        update public.subscription_period
        set closed_date = greatest(start_date, p_start), closed_by = o.id
        where subscription_id = s.id and end_date > p_start and closed_date is null
        returning *
    loop
        if v.start_date >= p_start and v.amount_minor > 0 then
            perform public.period_voided(o, v);
        end if;
    end loop;
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

create function public.subscription_override(
    p_subscription uuid, p_until timestamptz, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v_now timestamptz := public.lifecycle_now();
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if s.state <> 'shutdown' then
        raise exception 'conflict: only what is shut down is let go on; this is %', s.state using errcode = 'GV000';
    end if;
    perform public.gov_must(p_until > v_now + interval '2 days' and p_until <= v_now + interval '90 days', 'invalid_input');
    perform public.approval_claim(p_approval, 'subscription.override', p_digest);
    -- As if it had entered its grace days now: the final notice and the shutdown come again. The windows of the
    -- grace days count anew; their actions of this period are there already, so that nothing is told twice.
    update public.subscription
    set state = 'grace', state_entered_at = v_now, shutdown_due_at = p_until, final_notice_at = null,
        termination_notice_at = null, windows_done = windows_done & ~((1 << 9) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 14)),
        next_action_at = v_now, version = version + 1
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, v_now, s.state, 'grace', 'override', p_approval::text, p_actor);
    if s.tenant_id is not null then
        perform public.tenant_block_release(s.tenant_id, 'billing', null, p_actor);
    end if;
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.overridden', 'subscription', s.id::text,
        jsonb_build_object('until', p_until, 'reason', p_reason));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_override(uuid, timestamptz, text, uuid, uuid, text) is
    'S7: with somebody else''s approval a shut-down subscription goes on unpaid, as in its grace days, 90 days at most';

create function public.lifecycle_clock_json() returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('now', public.utc_text(public.lifecycle_now()), 'test_allowed', c.test_allowed,
        'scanned_at', case when isfinite(c.last_at) then public.utc_text(c.last_at) end,
        'next_at', (select public.utc_text(s.next_action_at) from public.subscription s
            where s.next_action_at is not null and s.quarantined_at is null order by s.next_action_at, s.id limit 1),
        'due', (select count(*) from public.subscription s
            where s.next_action_at <= public.lifecycle_now() and s.quarantined_at is null))
    from public.scan_clock c);
comment on function public.lifecycle_clock_json() is 'the clock as the API shows it (LifecycleClock)';

grant execute on function public.subscription_next_edition(uuid, text, uuid),
    public.subscription_override(uuid, timestamptz, text, uuid, uuid, text), public.lifecycle_clock_json()
    to execgov_platform;
