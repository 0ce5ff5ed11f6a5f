-- Turns at an HTTP resource over all tenants and hosts: how many calls a minute, and how many at once. Only resources that
-- say so (rate_per_minute_all, calls_at_once) have rows here; the rate of one tenant is counted by egress itself.

create table public.http_turn (
    resource_id uuid constraint http_turn_pk primary key
        constraint http_turn_resource_exists references public.http_resource on delete cascade,
    due timestamptz not null default '-infinity'
);
comment on table public.http_turn is 'token bucket of a resource; its row is the lock under which turns are given';
comment on column public.http_turn.due is 'when the bucket is full again; now or earlier: it is';

create table public.http_call_open (
    id uuid constraint http_call_open_pk primary key,
    resource_id uuid not null
        constraint http_call_open_resource_exists references public.http_resource on delete cascade,
    until timestamptz not null
);
create index http_call_open_resource on public.http_call_open (resource_id);
comment on table public.http_call_open is 'calls under way at resources that allow so many at once';
comment on column public.http_call_open.until is 'it counts no longer: nobody can still be waiting for its answer';

create function public.http_turn_take(
    p_resource uuid, p_call uuid, p_per_minute integer, p_at_once integer, p_hold_ms bigint) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_due timestamptz;
    v_interval interval := make_interval(secs => 60.0 / greatest(p_per_minute, 1));
    v_burst interval := (greatest(1, p_per_minute / 10) - 1) * v_interval;
begin
    insert into public.http_turn (resource_id) values (p_resource) on conflict do nothing;
    select t.due into v_due from public.http_turn t where t.resource_id = p_resource for update;
    v_now := clock_timestamp();
    v_due := greatest(v_due, v_now);
    if p_per_minute > 0 and v_due - v_now > v_burst then
        return ceil(extract(epoch from v_due - v_now - v_burst) * 1000)::bigint + 1;
    end if;
    if p_at_once > 0 then
        delete from public.http_call_open o where o.resource_id = p_resource and o.until < v_now;
        if (select count(*) from public.http_call_open o where o.resource_id = p_resource) >= p_at_once then
            return 200; -- nobody knows when one ends
        end if;
        insert into public.http_call_open (id, resource_id, until)
        values (p_call, p_resource, v_now + make_interval(secs => p_hold_ms / 1000.0));
    end if;
    if p_per_minute > 0 then
        update public.http_turn t set due = v_due + v_interval where t.resource_id = p_resource;
    end if;
    return 0;
end
$$;
comment on function public.http_turn_take(uuid, uuid, integer, integer, bigint) is
    'one call of a resource may be made now: 0; else ms until it may help to ask again. Limits of 0 are none';
grant execute on function public.http_turn_take(uuid, uuid, integer, integer, bigint) to execgov_egress;
grant select, delete on public.http_call_open to execgov_egress;
