-- A receipt goes to the customer's contacts, or to the owner of his team. Where there is no contact and the team is made by this very payment,
-- nobody was told: its owner is told when it is there.

create or replace function public.order_activate(
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
    delete from public.order_retry where order_id = o.id;
    update public.finance_task set done_at = public.lifecycle_now(), outcome = 'done by itself'
    where kind in ('activation_failed', 'order_time_failed') and ref = o.id::text and done_at is null;
    -- Whoever has no contact is told as the owner of his team, which nobody was when he paid.
    if not exists (select from public.outbox x where x.action_key = 'receipt:' || o.id) then
        perform public.customer_notify(o.customer_id, 'receipt:' || o.id, 'payment.received',
            (select tenant_id from public.subscription where id = s.id), o.subscription_id,
            jsonb_build_object('order_no', o.no, 'amount_minor', coalesce((
                    select (e.detail ->> 'amount_minor')::bigint from public.order_event e
                    where e.order_id = o.id and e.to_state = 'paid'
                    order by e.id limit 1), o.amount_minor), 'currency', o.currency, 'until', p_end)
                || public.order_names(o), null, null, null);
    end if;
    return public.order_json(o.id);
end
$$;
