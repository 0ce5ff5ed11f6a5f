-- How many slots an account may have, bought and ordered together; orders alone had a bound each.
insert into public.platform_setting (key, value) values ('slots_max', '10000');

create function public.slots_must_fit(p_order uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders;
    v_max bigint;
    v_slots bigint;
begin
    select * into o from public.orders where id = p_order;
    if not found or o.kind <> 'quota' or o.state not in ('draft', 'pending_payment') then
        return; -- another kind, or the key of an order that was there before and has gone on
    end if;
    select (s.value #>> '{}')::bigint into v_max from public.platform_setting s where s.key = 'slots_max';
    -- Each order may make a customer of its own, whose lock order_create holds: two at once wait for each other at their account.
    perform from public.tenant t where t.id = o.tenant_id for no key update;
    select coalesce(public.quota_limit(o.tenant_id, 'skills'), 0) + sum((v.limits ->> 'slots')::bigint * x.quantity) into v_slots
    from public.orders x
    join public.edition_version v on v.id = x.edition_version
    where x.tenant_id = o.tenant_id and x.kind = 'quota' and x.state in ('draft', 'pending_payment', 'payment_reported');
    if v_slots > v_max then
        raise exception 'conflict: more slots than an account may have: % of %', v_slots, v_max using errcode = 'GV000';
    end if;
end
$$;
comment on function public.slots_must_fit(uuid) is
    'a slot pack''s order is refused when what its account has and has ordered passes platform_setting''s slots_max';
grant execute on function public.slots_must_fit(uuid) to execgov_platform;
