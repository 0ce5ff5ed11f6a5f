-- A paid order whose period cannot be reckoned, or whose failure cannot even be written to it, does not keep its place: it is a
-- task, is tried again later, and the task ends when it works.

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
    return public.order_json(o.id);
end
$$;

create function public.order_activation_failed(p_order uuid, p_problem text, p_remedy jsonb) returns void
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
    if o.attempts + 1 >= 3 or p_remedy is not null then
        perform public.finance_task_add('activation_failed', o.id::text, o.customer_id, o.id, null,
            jsonb_strip_nulls(jsonb_build_object('problem', left(p_problem, 500), 'remedy', p_remedy)));
    end if;
end
$$;
comment on function public.order_activation_failed(uuid, text, jsonb) is
    'O7: the money stays, it is tried again in 1, 5, 30 minutes, then every 2 hours; a task from the third time on, or at once if a person has to help';

create or replace function public.order_activation_failed(p_order uuid, p_problem text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.order_activation_failed(p_order, p_problem, null);
end;

grant execute on function public.order_activation_failed(uuid, text, jsonb) to execgov_platform, execgov_lifecycle;
comment on table public.order_retry is
    'orders whose publishing, expiring or activating failed: how often in a row, and when it is tried again';
