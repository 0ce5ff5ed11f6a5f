-- Slots: how many things an account may keep. Bought once, never taken back by force: over the limit
-- nothing is deleted and nothing new fits.

create table public.quota_account (
    tenant_id uuid not null constraint quota_account_tenant_exists references public.tenant,
    resource text not null,
    base integer not null constraint quota_account_base_not_negative check (base >= 0),
    used integer not null default 0 constraint quota_account_used_not_negative check (used >= 0),
    constraint quota_account_pk primary key (tenant_id, resource)
);
comment on table public.quota_account is 'a tenant''s limit of one resource is base plus its grants';
comment on column public.quota_account.used is 'counted under the row''s lock by quota_take and quota_give';

create table public.quota_grant (
    id uuid constraint quota_grant_pk primary key,
    tenant_id uuid not null,
    resource text not null,
    order_id uuid null constraint quota_grant_order_once unique
        constraint quota_grant_order_exists references public.orders,
    delta integer not null,
    reason text not null,
    from_at timestamptz not null default now(),
    to_at timestamptz null,
    constraint quota_grant_account foreign key (tenant_id, resource) references public.quota_account
);
create index quota_grant_of on public.quota_grant (tenant_id, resource);
comment on table public.quota_grant is 'what an order added; written in the payment''s transaction, once an order';

create function public.quota_limit(p_tenant uuid, p_resource text) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select a.base + coalesce((
        select sum(g.delta) from public.quota_grant g
        where g.tenant_id = a.tenant_id and g.resource = a.resource
            and (g.to_at is null or g.to_at > now())), 0)::integer
    from public.quota_account a
    where a.tenant_id = p_tenant and a.resource = p_resource);
comment on function public.quota_limit(uuid, text) is 'base and active grants; null: there is no limit';

create function public.quota_take(p_tenant uuid, p_resource text) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.quota_account a
    where a.tenant_id = p_tenant and a.resource = p_resource for update;
    if not found then
        return true;
    end if;
    update public.quota_account a set used = used + 1
    where a.tenant_id = p_tenant and a.resource = p_resource
        and a.used < public.quota_limit(p_tenant, p_resource);
    return found;
end
$$;
comment on function public.quota_take(uuid, text) is 'take one, under the account''s lock; false: none is left';

create function public.quota_give(p_tenant uuid, p_resource text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    update public.quota_account a set used = greatest(used - 1, 0)
    where a.tenant_id = p_tenant and a.resource = p_resource;
end;
comment on function public.quota_give(uuid, text) is 'give one back';

grant select on public.quota_account, public.quota_grant to execgov_platform, execgov_lifecycle;
grant execute on function public.quota_limit(uuid, text), public.quota_take(uuid, text),
    public.quota_give(uuid, text) to execgov_platform;
