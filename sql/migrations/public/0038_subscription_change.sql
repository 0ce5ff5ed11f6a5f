-- A subscription changes its edition with its next period, or goes on for a while without being paid.

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
    set next_edition_version = v_version, cancel_at_period_end = false,
        windows_done = windows_done & ~(1 << 13)
    where id = s.id;
    perform public.subscription_touch(s.id);
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.edition_chosen', 'subscription', s.id::text,
        jsonb_build_object('edition', p_edition, 'from_period', s.period_no + 1));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_next_edition(uuid, text, uuid) is
    'the next period is of another edition, as it is sold now; an unpaid renewal of the old one is cancelled';

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
