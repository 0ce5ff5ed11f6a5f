-- Renewals are drafted by the scan: one a period, at the price of the edition it will have, published by
-- themselves a while later so that finance may look at them first.

create function public.order_draft(
    p_id uuid, p_customer uuid, p_subscription uuid, p_edition_version uuid, p_amount bigint, p_tax bigint,
    p_snapshot jsonb, p_publish_hours integer) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v public.edition_version;
    v_now timestamptz := public.lifecycle_now();
begin
    perform from public.customer where id = p_customer for no key update;
    select * into s from public.subscription where id = p_subscription for no key update;
    select * into v from public.edition_version where id = p_edition_version;
    if s.state not in ('active', 'grace') or s.cancel_at_period_end then
        return null;
    end if;
    insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state,
        state_entered_at, amount_minor, tax_minor, currency, price_snapshot, expires_at, publish_at, created_at)
    values (p_id, to_char(v_now, 'YYYYMMDD') || '-' || lpad(nextval('public.order_number')::text, 6, '0'), 'renewal',
        p_customer, p_subscription, s.period_no + 1, v.id, 'draft', v_now, p_amount, p_tax, v.currency, p_snapshot,
        coalesce(s.shutdown_due_at, s.paid_until_at + make_interval(days => v.grace_days))
            + make_interval(days => v.retention_days),
        case when p_publish_hours >= 0 then v_now + make_interval(hours => p_publish_hours) end, v_now)
    on conflict (subscription_id, period_no) where kind = 'renewal' and state not in ('cancelled', 'expired')
        do nothing;
    if not found then
        return null;
    end if;
    insert into public.order_event (order_id, at, to_state, event) values (p_id, v_now, 'draft', 'drafted');
    insert into public.platform_audit (actor_kind, kind, action, subject_kind, subject, detail)
    values ('system', 'money', 'order.drafted', 'order', p_id::text, jsonb_build_object('amount_minor', p_amount));
    return p_id;
end
$$;
comment on function public.order_draft(uuid, uuid, uuid, uuid, bigint, bigint, jsonb, integer) is
    'O2: the renewal of the next period as a draft; null where there is one, or none is wanted';
grant execute on function public.order_draft(uuid, uuid, uuid, uuid, bigint, bigint, jsonb, integer) to execgov_lifecycle;
