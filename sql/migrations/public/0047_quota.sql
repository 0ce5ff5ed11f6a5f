-- Slots are counted where skills are (the tenant's trigger on its skills), for every tenant; the limit is the edition's
-- and what was bought besides, or none. And a run that a shutdown ended says so.

alter table public.quota_account alter column base drop not null;
comment on column public.quota_account.base is 'what the edition gives; null: there is no limit';
comment on column public.quota_account.used is 'counted under the row''s lock by quota_take and quota_give; skills that are switched on';

create or replace function public.quota_take(p_tenant uuid, p_resource text) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.quota_account a
    where a.tenant_id = p_tenant and a.resource = p_resource for no key update;
    if not found then
        return true;
    end if;
    update public.quota_account a set used = used + 1
    where a.tenant_id = p_tenant and a.resource = p_resource
        and a.used < coalesce(public.quota_limit(p_tenant, p_resource), 2147483647);
    return found;
end
$$;

-- The limit in the edition: a personal tenant's is the free edition's, a team's is that of what it has subscribed to.
create function public.quota_base(p_tenant uuid) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select case t.kind
        when 'personal' then (
            select (v.limits ->> 'slots')::integer
            from public.edition e
            join public.edition_version v on v.edition = e.code
            where e.kind = 'personal'
                and v.sold_from <= public.lifecycle_now()
                and (v.sold_to is null or v.sold_to > public.lifecycle_now())
            order by e.code, v.ver desc
            limit 1)
        else (
            select (v.limits ->> 'slots')::integer
            from public.subscription s
            join public.edition_version v on v.id = s.edition_version
            where s.tenant_id = t.id
                and s.period_no > 0)
    end
    from public.tenant t
    where t.id = p_tenant);
comment on function public.quota_base(uuid) is 'how many slots for skills the edition of a tenant has; null: as many as it likes';

create function public.subscription_sets_quota() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.quota_account set base = public.quota_base(new.tenant_id)
    where tenant_id = new.tenant_id and resource = 'skills';
    return null;
end
$$;
comment on function public.subscription_sets_quota() is 'a paid period brings the slots of its edition; what was bought besides stays';
create trigger subscription_sets_quota after update of period_no, tenant_id on public.subscription for each row
    when (new.tenant_id is not null and new.period_no > 0) execute function public.subscription_sets_quota();

create or replace function public.quota_fill(o public.orders, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_slots integer;
begin
    select (limits ->> 'slots')::integer into v_slots from public.edition_version where id = o.edition_version;
    insert into public.quota_grant (id, tenant_id, resource, order_id, delta, reason)
    values (gen_random_uuid(), o.tenant_id, 'skills', o.id, v_slots * o.quantity, 'order ' || o.no);
    perform public.audit_add(o.tenant_id, p_actor, case when p_actor is null then 'system' else 'user' end,
        'billing', 'quota.granted', 'order', o.id::text, jsonb_build_object('slots', v_slots * o.quantity));
end
$$;

-- Every tenant has an account; the tenants' own migration counts what each uses.
insert into public.quota_account (tenant_id, resource, base)
select t.id, 'skills', public.quota_base(t.id)
from public.tenant t
on conflict on constraint quota_account_pk do update set base = excluded.base;

create view public.my_quota with (security_barrier) as
select a.resource, a.used,
    a.base + coalesce((
        select sum(g.delta) from public.quota_grant g
        where g.tenant_id = a.tenant_id and g.resource = a.resource
            and (g.to_at is null or g.to_at > now())), 0)::integer as most
from public.quota_account a
join public.tenant t on t.id = a.tenant_id
where t.schema = current_user::text collate "default";
comment on view public.my_quota is 'what this tenant may keep of each resource; most null: there is no limit';
grant select on public.my_quota to public;

-- What a shutdown does to the work there is. A run is let end for a while, and what waits is kept for a while.
insert into public.platform_setting (key, value)
values ('shutdown', '{"drain_minutes": 30, "held_hours": 72}');

create function public.shutdown_error(p_held boolean) returns jsonb
    language sql immutable
    set search_path = pg_catalog, pg_temp
return jsonb_build_object('code', 'tenant_suspended', 'message', case
    when p_held then jsonb_build_object(
        'en', 'the subscription ended, and it waited longer than work is kept; start it again once the renewal is paid',
        'zh', '订阅已到期停用，等待时间超过保留时限；续费后请重新发起')
    else jsonb_build_object(
        'en', 'the subscription ended while it ran, and it did not end in the time there was; start it again once the renewal is paid',
        'zh', '订阅在运行期间到期停用，未能在宽限时间内结束；续费后请重新发起')
    end);
comment on function public.shutdown_error(boolean) is 'why a run ended as cancelled: it waited (true) or ran (false) for too long in a shutdown';
grant execute on function public.shutdown_error(boolean) to public;
