-- What a tenant may do is derived: the strongest of its blocks, whoever put them there. A payment
-- releases what billing blocked and nothing else.

create table public.tenant_block (
    id uuid constraint tenant_block_pk primary key default gen_random_uuid(),
    tenant_id uuid not null constraint tenant_block_tenant_exists references public.tenant,
    source text not null constraint tenant_block_source_known check (source in ('billing', 'admin', 'security', 'quota')),
    level smallint not null constraint tenant_block_level_range check (level between 1 and 4),
    reason_code text not null,
    reason text null,
    ref text null,
    from_at timestamptz not null default now(),
    released_at timestamptz null,
    released_by uuid null
);
create unique index tenant_block_one_a_reason on public.tenant_block (tenant_id, source, reason_code)
    where released_at is null;
comment on table public.tenant_block is 'who holds a tenant back, how far, and why';
comment on column public.tenant_block.level is '1 warn, 2 no new runs, 3 read only, 4 no login';

alter table public.tenant drop constraint tenant_state_known;
alter table public.tenant add constraint tenant_state_known
    check (state in ('provisioning', 'active', 'suspended', 'terminating', 'terminated'));
alter table public.tenant
    add column run_allowed boolean not null default true,
    add column write_allowed boolean not null default true,
    add column login_allowed boolean not null default true,
    add column suspended_code text null,
    add column suspended_at timestamptz null,
    add column state_version integer not null default 1;
comment on column public.tenant.state is
    'derived from tenant_block by tenant_recompute; active with a suspended_code is what people call limited';
comment on column public.tenant.run_allowed is 'read by the claim in its own statement: no run starts after a shutdown''s commit';
comment on column public.tenant.suspended_code is 'reason_code of the strongest block';
comment on column public.tenant.state_version is 'grows with every change of what is allowed; caches compare it';
revoke update (state, suspended_reason) on public.tenant from execgov_platform;

insert into public.tenant_block (tenant_id, source, level, reason_code, reason)
select id, 'admin', 3, 'suspended', suspended_reason from public.tenant where state = 'suspended';
update public.tenant
set run_allowed = false,
    write_allowed = false,
    suspended_code = 'suspended',
    suspended_at = now()
where state = 'suspended';

create function public.tenant_recompute(p_tenants uuid[]) returns setof uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    -- Locked in id order, like everybody who locks several.
    perform from public.tenant t where t.id = any (p_tenants) order by t.id for no key update;
    return query
    with strongest as (
        select t.id, b.level, b.reason_code, b.reason, b.from_at
        from public.tenant t
        left join lateral (
            select k.level, k.reason_code, k.reason, k.from_at
            from public.tenant_block k
            where k.tenant_id = t.id
                and k.released_at is null
            order by k.level desc, k.from_at
            limit 1) b on true
        where t.id = any (p_tenants)
            and t.state not in ('provisioning', 'terminated')
    ), wanted as (
        select s.*,
            case
                when coalesce(s.level, 0) < 2 then 'active'
                when s.level = 4 and s.reason_code = 'terminating' then 'terminating'
                else 'suspended'
            end as state
        from strongest s
    )
    update public.tenant t
    set state = w.state,
        run_allowed = coalesce(w.level, 0) < 2,
        write_allowed = coalesce(w.level, 0) < 3,
        login_allowed = coalesce(w.level, 0) < 4,
        suspended_code = w.reason_code,
        suspended_reason = w.reason,
        suspended_at = w.from_at,
        state_version = t.state_version + 1,
        revision = t.revision + 1
    from wanted w
    where t.id = w.id
        and (t.state, t.suspended_code, t.suspended_reason, t.run_allowed, t.write_allowed, t.login_allowed)
            is distinct from (w.state, w.reason_code, w.reason, coalesce(w.level, 0) < 2,
                              coalesce(w.level, 0) < 3, coalesce(w.level, 0) < 4)
    returning t.id;
    -- Whoever may run again is visited at once: his queue has waited.
    insert into public.mark (tenant_id, minute)
    select t.id, date_trunc('minute', now(), 'UTC')
    from public.tenant t
    where t.id = any (p_tenants)
        and t.run_allowed
    on conflict do nothing;
end
$$;
comment on function public.tenant_recompute(uuid[]) is
    'derive state and flags from the blocks, in the transaction that changed them; returns the tenants that changed';

create function public.tenant_block_set(
    p_tenant uuid, p_source text, p_level smallint, p_code text, p_reason text, p_ref text) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.tenant_block (tenant_id, source, level, reason_code, reason, ref)
    values (p_tenant, p_source, p_level, p_code, p_reason, p_ref)
    on conflict (tenant_id, source, reason_code) where released_at is null do nothing;
    if not found then
        return false;
    end if;
    perform public.tenant_recompute(array[p_tenant]);
    return true;
end
$$;
comment on function public.tenant_block_set(uuid, text, smallint, text, text, text) is
    'block a tenant; false when that block was there';

create function public.tenant_block_release(p_tenant uuid, p_source text, p_code text, p_actor uuid)
    returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.tenant_block
    set released_at = now(),
        released_by = p_actor
    where tenant_id = p_tenant
        and source = p_source
        and (p_code is null or reason_code = p_code)
        and released_at is null;
    if not found then
        return false;
    end if;
    perform public.tenant_recompute(array[p_tenant]);
    return true;
end
$$;
comment on function public.tenant_block_release(uuid, text, text, uuid) is
    'release blocks of one source (of one reason, if given); false when there was none';

create or replace view public.my_tenant with (security_barrier) as
select t.id, t.schema, t.name, t.kind, t.state, t.timezone, t.locale, t.weight,
       t.concurrency_limit, t.paused, t.store_quota_bytes, t.run_allowed, t.state_version,
       t.suspended_code, t.suspended_at
from public.tenant t
where t.schema = current_user::text collate "default";

grant select on public.tenant_block to execgov_platform, execgov_lifecycle;
grant execute on function public.tenant_block_set(uuid, text, smallint, text, text, text),
    public.tenant_block_release(uuid, text, text, uuid) to execgov_platform;
grant execute on function public.tenant_recompute(uuid[]) to execgov_lifecycle;
grant insert on public.tenant_block to execgov_lifecycle;
grant update (released_at, released_by) on public.tenant_block to execgov_lifecycle;
