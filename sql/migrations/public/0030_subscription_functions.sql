-- What happens to a subscription besides being paid: opened, activated, held, ended, refunded, terminated.

create function public.subscription_json(p_subscription uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', s.id, 'customer_id', s.customer_id, 'customer', c.name, 'tenant_id', s.tenant_id, 'state', s.state,
        'state_since', public.utc_text(s.state_entered_at), 'edition', v.edition, 'edition_version', v.ver,
        'price', jsonb_build_object('amount_minor', v.price_minor, 'currency', v.currency),
        'timezone', s.tz, 'period_no', s.period_no, 'paid_until', s.paid_until_date,
        'paid_until_at', public.utc_text(s.paid_until_at), 'cancel_at_period_end', s.cancel_at_period_end,
        'shutdown_due_at', public.utc_text(s.shutdown_due_at), 'final_notice_at', public.utc_text(s.final_notice_at),
        'hold_until', public.utc_text(s.hold_until), 'next_action_at', public.utc_text(s.next_action_at),
        'quarantined_at', public.utc_text(s.quarantined_at),
        'renewal_order', (
            select r.id from public.orders r
            where r.subscription_id = s.id and r.kind = 'renewal' and r.period_no = s.period_no + 1
                and r.state not in ('cancelled', 'expired')))
    from public.subscription s
    join public.customer c on c.id = s.customer_id
    join public.edition_version v on v.id = s.edition_version
    where s.id = p_subscription);
comment on function public.subscription_json(uuid) is 'a subscription as the API shows it (Subscription)';

create function public.subscription_open(
    p_id uuid, p_customer uuid, p_tenant uuid, p_edition_version uuid, p_tz text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.subscription (id, customer_id, tenant_id, edition_version, tz, state_entered_at, created_at)
    values (p_id, p_customer, p_tenant, p_edition_version, p_tz, public.lifecycle_now(), public.lifecycle_now());
end;
comment on function public.subscription_open(uuid, uuid, uuid, uuid, text) is 'pending until its first order is paid';

create function public.order_activate(
    p_order uuid, p_order_version integer, p_tenant uuid, p_version integer, p_no integer, p_start date, p_end date,
    p_start_at timestamptz, p_end_at timestamptz, p_anchor date, p_anchor_no integer) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    s public.subscription;
    c public.customer;
begin
    if o.state = 'active' then
        return public.order_json(o.id);
    end if;
    if o.state not in ('activating', 'activation_failed') then
        perform public.order_refuse(o, 'activate');
    end if;
    select * into s from public.subscription where id = o.subscription_id;
    perform public.gov_must(o.version = p_order_version and s.version = p_version, 'stale');
    select * into c from public.customer where id = o.customer_id;
    if s.tenant_id is null then
        perform public.tenant_create(p_tenant, coalesce(o.terms ->> 'tenant_name', c.name), 'team', s.tz, c.locale,
            coalesce((o.terms ->> 'owner')::uuid,
                     (select u.id from public.app_user u where u.email = lower(o.terms ->> 'owner_email'))));
        update public.subscription set tenant_id = p_tenant where id = s.id;
    end if;
    perform public.subscription_extend(o, o.created_by, p_version, p_no, p_start, p_end, p_start_at, p_end_at,
        p_anchor, p_anchor_no);
    perform public.order_move(o, 'active', 'activated', o.created_by, null);
    update public.orders set attempt_at = null, problem = null where id = o.id;
    return public.order_json(o.id);
end
$$;
comment on function public.order_activate(uuid, integer, uuid, integer, integer, date, date, timestamptz, timestamptz, date, integer) is
    'O6 of an order whose tenant has to be made: tenant, first period, active; repeated, it changes nothing';

create function public.order_activation_failed(p_order uuid, p_problem text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state not in ('activating', 'activation_failed') then
        return;
    end if;
    perform public.order_move(o, 'activation_failed', 'activation_failed', null,
        jsonb_build_object('attempt', o.attempts + 1));
    update public.orders
    set attempts = o.attempts + 1, problem = left(p_problem, 500),
        attempt_at = public.lifecycle_now()
            + (array['1 min', '5 min', '30 min', '2 h'])[least(o.attempts + 1, 4)]::interval
    where id = o.id;
    if o.attempts + 1 >= 3 then
        perform public.finance_task_add('activation_failed', o.id::text, o.customer_id, o.id, null,
            jsonb_build_object('problem', left(p_problem, 500)));
    end if;
end
$$;
comment on function public.order_activation_failed(uuid, text) is 'O7: the money stays, it is tried again in 1, 5, 30 minutes, then every 2 hours';

create function public.hold_add(
    p_id uuid, p_subscription uuid, p_kind text, p_until timestamptz, p_reason text, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    perform public.gov_must(p_kind in ('courtesy', 'dispute') and p_until > public.lifecycle_now()
        and p_until <= public.lifecycle_now() + interval '90 days', 'invalid_input');
    insert into public.hold (id, subscription_id, kind, until_at, reason, actor, created_at)
    values (p_id, p_subscription, p_kind, p_until, p_reason, p_actor, public.lifecycle_now());
    perform public.subscription_touch(p_subscription);
    perform public.audit_add(null, p_actor, 'user', 'money', 'hold.added', 'subscription', p_subscription::text,
        jsonb_build_object('kind', p_kind, 'until', p_until, 'reason', p_reason));
end
$$;
comment on function public.hold_add(uuid, uuid, text, timestamptz, text, uuid) is 'keep the shutdown off until a moment, 90 days at most';

create function public.hold_release(p_hold uuid, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_subscription uuid;
begin
    update public.hold set released_at = public.lifecycle_now(), released_by = p_actor
    where id = p_hold and released_at is null
    returning subscription_id into v_subscription;
    perform public.gov_must(v_subscription is not null, 'not_found');
    perform public.subscription_touch(v_subscription);
    perform public.audit_add(null, p_actor, 'user', 'money', 'hold.released', 'subscription',
        v_subscription::text, jsonb_build_object('hold', p_hold));
end
$$;
comment on function public.hold_release(uuid, uuid) is 'the next scan decides without it';

create function public.subscription_end_with_period(p_subscription uuid, p_end boolean, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.subscription set cancel_at_period_end = p_end
    where id = p_subscription and state in ('active', 'grace');
    perform public.gov_must(found, 'conflict');
    perform public.subscription_touch(p_subscription);
    perform public.audit_add(null, p_actor, 'user', 'money',
        case when p_end then 'subscription.ends_with_period' else 'subscription.goes_on' end,
        'subscription', p_subscription::text, '{}');
    return public.subscription_json(p_subscription);
end
$$;
comment on function public.subscription_end_with_period(uuid, boolean, uuid) is 'the customer does not want another period, or wants it again';

create function public.subscription_shut(p_subscription uuid, p_cause text, p_ref text, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
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
end
$$;
comment on function public.subscription_shut(uuid, text, text, uuid) is 'shut down at once by an act of a person (a refund); the scan has its own statement';

create function public.order_refund(
    p_order uuid, p_id uuid, p_amount bigint, p_reference text, p_reason text, p_choice text, p_cut_date date,
    p_cut_at timestamptz, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    p public.payment;
    v_tax bigint;
begin
    if exists (select from public.payment_return r where r.id = p_id) then
        return public.order_json(o.id);
    end if;
    if o.state not in ('paid', 'activating', 'active', 'activation_failed') then
        perform public.order_refuse(o, 'refund');
    end if;
    if p_amount <= 0 or o.refunded_minor + p_amount > o.amount_minor then
        raise exception 'conflict: more than was paid and not refunded' using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'order.refund', p_digest);
    select q.* into p
    from public.payment q
    join public.payment_application a on a.payment_id = q.id
    where a.order_id = o.id
    order by a.amount_minor desc, q.id
    limit 1;
    insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason, approval_id,
        recorded_by, recorded_at)
    values (p_id, p.id, o.id, p_amount, p_reference, p_reason, p_approval, p_actor, public.lifecycle_now());
    v_tax := (o.tax_minor::numeric * p_amount / o.amount_minor)::bigint;
    perform public.ledger_post('refund:' || p_id, 'refund', o.id::text,
        array['REFUNDS', 'TAX_PAYABLE', 'CASH:' || p.method], array[p_amount - v_tax, v_tax, -p_amount], o.currency);
    update public.orders set refunded_minor = refunded_minor + p_amount where id = o.id;
    if o.refunded_minor + p_amount = o.amount_minor then
        perform public.order_move(o, 'refunded', 'refunded', p_actor, jsonb_build_object('amount_minor', p_amount));
    else
        perform public.order_move(o, o.state, 'refunded_in_part', p_actor, jsonb_build_object('amount_minor', p_amount));
    end if;
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
comment on function public.order_refund(uuid, uuid, bigint, text, text, text, date, timestamptz, uuid, uuid, text) is
    'O10: give money back, with somebody else''s approval; what becomes of the subscription is said: keep, shorten, shutdown';

create function public.subscription_terminate(
    p_subscription uuid, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v_retention integer;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    select retention_days into v_retention from public.edition_version where id = s.edition_version;
    if s.state not in ('shutdown', 'cancelled')
        or s.state_entered_at + make_interval(days => v_retention) > public.lifecycle_now()
        or s.termination_notice_at is null
        or s.termination_notice_at + interval '7 days' > public.lifecycle_now() then
        raise exception 'conflict: its data are still to be kept, or the notice is younger than 7 days'
            using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'subscription.terminate', p_digest);
    update public.subscription
    set state = 'terminated', state_entered_at = public.lifecycle_now(), next_action_at = null, version = version + 1
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, public.lifecycle_now(), s.state, 'terminated', 'approval', p_approval::text, p_actor);
    if s.tenant_id is not null then
        perform public.tenant_block_set(s.tenant_id, 'billing', 4::smallint, 'terminating', null, s.id::text);
    end if;
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_terminate(uuid, uuid, uuid, text) is
    'S8: final; nobody logs in any more, the data stay until an operator removes them';

grant execute on function public.subscription_json(uuid) to execgov_platform, execgov_lifecycle;
grant execute on function public.subscription_open(uuid, uuid, uuid, uuid, text) to execgov_platform;
grant execute on function public.order_activate(uuid, integer, uuid, integer, integer, date, date, timestamptz,
    timestamptz, date, integer), public.order_activation_failed(uuid, text) to execgov_platform, execgov_lifecycle;
grant execute on function public.hold_add(uuid, uuid, text, timestamptz, text, uuid), public.hold_release(uuid, uuid),
    public.subscription_end_with_period(uuid, boolean, uuid), public.subscription_terminate(uuid, uuid, uuid, text),
    public.order_refund(uuid, uuid, bigint, text, text, text, date, timestamptz, uuid, uuid, text) to execgov_platform;
