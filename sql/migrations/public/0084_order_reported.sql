-- Who says that he has paid, who goes and who waits. "I have paid" that does not come true is given up by finance, and keeps a shutdown
-- off once in a period, not once an order. Who does not go on is not asked for the next period's money, and is again when he goes on
-- after all. A hold is for what still runs.

create table public.renewal_wanted (
    subscription_id uuid constraint renewal_wanted_pk primary key
        constraint renewal_wanted_subscription_exists references public.subscription,
    period_no integer not null,
    wanted_at timestamptz not null
);
comment on table public.renewal_wanted is
    'who wanted to end with this period and goes on after all: the renewal that was cancelled is drafted once more';
grant select on public.renewal_wanted to execgov_platform, execgov_lifecycle;

create function public.order_give_up(p_order uuid, p_actor uuid, p_comment text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state = 'payment_reported' then
        perform public.order_move(o, 'pending_payment', 'report_dismissed', p_actor,
            jsonb_strip_nulls(jsonb_build_object('comment', p_comment)));
        update public.hold set released_at = public.lifecycle_now(), released_by = p_actor
        where order_id = o.id and kind = 'payment_reported' and released_at is null;
        update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'no payment came'
        where kind = 'payment_reported' and ref = o.id::text and done_at is null;
        if o.subscription_id is not null then
            perform public.subscription_touch(o.subscription_id);
        end if;
    end if;
    return public.order_cancel(p_order, 'cancelled', p_actor, p_comment);
end
$$;
comment on function public.order_give_up(uuid, uuid, text) is
    'O8 by finance: also of an order whose payment was reported and never came; what the report held off is held off no more';

create or replace function public.order_report(
    p_order uuid, p_reference text, p_hold_until timestamptz, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state = 'payment_reported' then
        return public.order_json(o.id);
    end if;
    if o.state <> 'pending_payment' then
        perform public.order_refuse(o, 'report_payment');
    end if;
    perform public.order_move(o, 'payment_reported', 'payment_reported', p_actor,
        jsonb_build_object('reference', p_reference));
    if o.subscription_id is not null then
        insert into public.hold (id, subscription_id, kind, order_id, until_at, reason, actor, created_at)
        select gen_random_uuid(), s.id, 'payment_reported', o.id, p_hold_until, coalesce(p_reference, 'payment reported'), p_actor,
            public.lifecycle_now()
        from public.subscription s
        where s.id = o.subscription_id
            and s.state not in ('shutdown', 'cancelled', 'terminated')
            -- One a period: the next order, and the next report, would keep it off for ever.
            and not exists (
                select from public.hold h
                where h.subscription_id = s.id
                    and h.kind = 'payment_reported'
                    and h.created_at >= coalesce(s.paid_from_at, '-infinity'))
        on conflict (order_id) where kind = 'payment_reported' do nothing;
        perform public.subscription_touch(o.subscription_id);
    end if;
    insert into public.finance_task (id, kind, ref, customer_id, order_id, detail, created_at)
    values (gen_random_uuid(), 'payment_reported', o.id::text, o.customer_id, o.id,
        jsonb_build_object('reference', p_reference), public.lifecycle_now())
    on conflict on constraint finance_task_once do nothing;
    return public.order_json(o.id);
end
$$;
comment on function public.order_report(uuid, text, timestamptz, uuid) is
    'O4: somebody says he has paid; keeps a shutdown off for a while, once a period';

create or replace function public.subscription_next_edition(p_subscription uuid, p_edition text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v_version uuid;
    v_order uuid;
    v_reported text;
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
    -- It would be paid, and the choice lost with it.
    select o.no into v_reported
    from public.orders o
    where o.subscription_id = s.id and o.kind = 'renewal' and o.period_no = s.period_no + 1
        and o.state = 'payment_reported' and o.edition_version <> v_version;
    if v_reported is not null then
        raise exception 'conflict: its renewal is said to be paid: %', v_reported using errcode = 'GV000';
    end if;
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

create or replace function public.subscription_end_with_period(p_subscription uuid, p_end boolean, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v_act text := case when p_end then 'subscription.ends_with_period' else 'subscription.goes_on' end;
    v_order uuid;
begin
    perform from public.customer c where c.id = (select customer_id from public.subscription where id = p_subscription)
        for no key update;
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if s.state not in ('active', 'grace') then
        raise exception 'conflict: only what runs ends with its period, or goes on; this is %', s.state using errcode = 'GV000';
    end if;
    -- What nobody paid is not asked for any more. Where money waits, or is said to be on its way, finance has a task.
    for v_order in
        select o.id from public.orders o
        where p_end and o.subscription_id = s.id and o.kind = 'renewal' and o.period_no = s.period_no + 1
            and o.state in ('draft', 'pending_payment')
            and not exists (
                select from public.payment p
                where p.claimed_order = o.id
                    and not exists (select from public.payment_return r where r.payment_id = p.id)
                    and not exists (select from public.payment_application a where a.payment_id = p.id))
    loop
        perform public.order_cancel(v_order, 'cancelled', p_actor, 'it ends with its period');
    end loop;
    if not p_end and s.cancel_at_period_end then
        insert into public.renewal_wanted (subscription_id, period_no, wanted_at)
        values (s.id, s.period_no, public.lifecycle_now())
        on conflict on constraint renewal_wanted_pk
        do update set period_no = excluded.period_no, wanted_at = excluded.wanted_at;
    end if;
    update public.subscription set cancel_at_period_end = p_end where id = s.id;
    perform public.subscription_touch(s.id);
    perform public.audit_add(null, p_actor, 'user', 'money', v_act, 'subscription', s.id::text, '{}');
    if s.tenant_id is not null then
        perform public.audit_add(s.tenant_id, p_actor, 'user', 'billing', v_act, 'subscription', s.id::text,
            jsonb_build_object('until', s.paid_until_date));
    end if;
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_end_with_period(uuid, boolean, uuid) is
    'the customer does not want another period: its renewal that nobody paid is cancelled; or he wants it again, and it is drafted once more';

create or replace function public.hold_add(
    p_id uuid, p_subscription uuid, p_kind text, p_until timestamptz, p_reason text, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
begin
    select state into v_state from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if v_state in ('shutdown', 'cancelled', 'terminated') then
        raise exception 'conflict: there is no shutdown to keep off any more; this is %', v_state using errcode = 'GV000';
    end if;
    perform public.gov_must(p_kind in ('courtesy', 'dispute') and p_until > public.lifecycle_now()
        and p_until <= public.lifecycle_now() + interval '90 days', 'invalid_input');
    insert into public.hold (id, subscription_id, kind, until_at, reason, actor, created_at)
    values (p_id, p_subscription, p_kind, p_until, p_reason, p_actor, public.lifecycle_now());
    perform public.subscription_touch(p_subscription);
    perform public.audit_add(null, p_actor, 'user', 'money', 'hold.added', 'subscription', p_subscription::text,
        jsonb_build_object('kind', p_kind, 'until', p_until, 'reason', p_reason));
end
$$;

grant execute on function public.order_give_up(uuid, uuid, text) to execgov_platform;
