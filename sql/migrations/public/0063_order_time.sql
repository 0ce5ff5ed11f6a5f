-- What time does to an order and what failed is not tried first again each time: others wait behind it.

-- A table of its own: PostgreSQL 15.19 and later refuse to change one whose row a function takes.
create table public.order_retry (
    order_id uuid constraint order_retry_pk primary key
        constraint order_retry_order_exists references public.orders,
    failures smallint not null default 1,
    next_at timestamptz not null
);
comment on table public.order_retry is 'orders whose publishing or expiring failed: how often in a row, and when it is tried again';
grant select on public.order_retry to execgov_lifecycle;

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
    delete from public.order_retry where order_id = p_order;
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
    v_failures integer;
begin
    insert into public.order_retry as r (order_id, next_at)
    values (p_order, public.lifecycle_now() + interval '1 min')
    on conflict (order_id) do update
    set failures = least(r.failures + 1, 1000),
        next_at = public.lifecycle_now()
            + (array['1 min', '5 min', '30 min', '2 h'])[least(r.failures + 1, 4)]::interval
    returning failures into v_failures;
    if v_failures >= 3 then
        perform public.finance_task_add('order_time_failed', o.id::text, o.customer_id, o.id, null,
            jsonb_build_object('what', p_what, 'problem', left(p_problem, 500)))
        from public.orders o where o.id = p_order;
    end if;
end
$$;
comment on function public.order_time_failed(uuid, text, text) is
    'it could not be published or expired: tried again in 1, 5, 30 minutes, then every 2 hours; from the third time on a task';

grant execute on function public.order_time(uuid, text), public.order_time_failed(uuid, text, text) to execgov_lifecycle;
