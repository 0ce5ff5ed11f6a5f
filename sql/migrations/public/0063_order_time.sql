-- What time does to an order and what failed is not tried first again each time: others wait behind it.

alter table public.orders
    add column time_failures smallint not null default 0,
    add column time_next_at timestamptz null;
comment on column public.orders.time_failures is 'how often its publishing or expiring has failed in a row';
comment on column public.orders.time_next_at is 'when that is tried again; null: when its time has come';

create function public.order_time(p_order uuid, p_what text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_what = 'publish' then
        perform public.order_publish(p_order, null);
    else
        perform public.order_cancel(p_order, 'expired', null, null);
    end if;
    update public.orders set time_failures = 0, time_next_at = null where id = p_order and time_failures > 0;
    if found then
        update public.finance_task set done_at = public.lifecycle_now(), outcome = 'done by itself'
        where kind = 'order_time_failed' and ref = p_order::text and done_at is null;
    end if;
end
$$;
comment on function public.order_time(uuid, text) is 'publish or expire an order whose time has come';

create function public.order_time_failed(p_order uuid, p_what text, p_problem text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders;
begin
    update public.orders
    set time_failures = least(time_failures + 1, 1000),
        time_next_at = public.lifecycle_now()
            + (array['1 min', '5 min', '30 min', '2 h'])[least(time_failures + 1, 4)]::interval
    where id = p_order
    returning * into o;
    if o.time_failures >= 3 then
        perform public.finance_task_add('order_time_failed', o.id::text, o.customer_id, o.id, null,
            jsonb_build_object('what', p_what, 'problem', left(p_problem, 500)));
    end if;
end
$$;
comment on function public.order_time_failed(uuid, text, text) is
    'it could not be published or expired: tried again in 1, 5, 30 minutes, then every 2 hours; from the third time on a task';

grant execute on function public.order_time(uuid, text), public.order_time_failed(uuid, text, text) to execgov_lifecycle;
