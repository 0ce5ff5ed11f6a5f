-- A customer whose subscription ends in three days: what quickstart shows of the money side. Made once; the tenant is
-- the one that is there to see nothing, so that the other goes on when this one is shut down.
do $$
declare
    v_tenant uuid := (select id from public.tenant where name = 'Lakeside Books' order by created_at limit 1);
    v_version uuid := (select id from public.edition_version where edition = 'team-monthly' order by ver desc limit 1);
    v_customer uuid := gen_random_uuid();
    v_subscription uuid := gen_random_uuid();
    v_order uuid := gen_random_uuid();
    v_today date := (now() at time zone 'Asia/Shanghai')::date;
begin
    if v_tenant is null or exists (select from public.subscription where tenant_id = v_tenant) then
        return;
    end if;
    insert into public.customer (id, kind, name) values (v_customer, 'company', 'Lakeside Books Ltd');
    insert into public.customer_contact (customer_id, endpoint) values (v_customer, 'accounts@lakeside.example');
    perform public.subscription_open(v_subscription, v_customer, v_tenant, v_version, 'Asia/Shanghai');
    perform public.order_create(v_order, 'new', v_customer, v_subscription, null, v_version, 1, false, 29900, 1692,
        '{}', '{}', null, null, null, null);
    perform public.order_settle(v_order, 1, gen_random_uuid(), 'demo', v_order::text, 'card', 29900, 'CNY', now(), null,
        null, null, null, null, 1, 1, v_today - 27, v_today + 3,
        (v_today - 27)::timestamp at time zone 'Asia/Shanghai', (v_today + 3)::timestamp at time zone 'Asia/Shanghai',
        v_today - 27, 1);
    update public.subscription set paid_from_at = (v_today - 27)::timestamp at time zone 'Asia/Shanghai'
    where id = v_subscription;
end
$$;
