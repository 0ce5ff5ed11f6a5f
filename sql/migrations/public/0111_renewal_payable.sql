-- A renewal can be paid as long as its tenant can come back. Its order was given its end when it was drafted; holds, overrides and
-- late scans move the end of the data's retention, and the order goes with it instead of expiring before.

create function public.renewal_payable_until(p_order uuid) returns timestamptz
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select case
        when s.state in ('active', 'grace') then greatest(s.shutdown_due_at, s.paid_until_at + make_interval(days => v.grace_days),
            s.hold_until, public.lifecycle_now())
        else s.state_entered_at
        end + make_interval(days => v.retention_days)
    from public.orders o
    join public.subscription s on s.id = o.subscription_id
        and s.period_no + 1 = o.period_no
        and s.state in ('active', 'grace', 'shutdown', 'cancelled')
    join public.edition_version v on v.id = s.edition_version
    where o.id = p_order
        and o.kind = 'renewal');
comment on function public.renewal_payable_until(uuid) is
    'until when a renewal''s payment brings its tenant back, as things are now; null: it is not the next period''s renewal, or too late';
grant execute on function public.renewal_payable_until(uuid) to execgov_lifecycle;

create or replace function public.order_time(p_order uuid, p_what text, p_new uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders;
    v_until timestamptz;
begin
    if p_what = 'publish' then
        perform public.order_publish(p_order, null);
    elsif p_what = 'reprice' then
        perform public.renewal_replace(p_order, p_new);
    else
        o := public.order_lock(p_order);
        v_until := public.renewal_payable_until(o.id);
        if v_until > public.lifecycle_now() and o.state in ('draft', 'pending_payment') then
            update public.orders set expires_at = v_until where id = o.id;
            perform public.audit_add(null, null, 'system', 'money', 'order.payable_longer', 'order', o.id::text, jsonb_build_object(
                'from', public.utc_text(o.expires_at), 'to', public.utc_text(v_until)));
        else
            perform public.order_cancel(o.id, 'expired', null, null);
        end if;
    end if;
    delete from public.order_retry where order_id = p_order;
    if found then
        update public.finance_task set done_at = public.lifecycle_now(), outcome = 'done by itself'
        where kind = 'order_time_failed' and ref = p_order::text and done_at is null;
    end if;
end
$$;
comment on function public.order_time(uuid, text, uuid) is
    'publish, expire or ask anew for an order whose time has come; the last is an order of its own. A renewal that could still be paid '
    'does not expire but has a later end';
