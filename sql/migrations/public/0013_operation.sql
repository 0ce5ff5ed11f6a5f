-- What operators change while it runs: limits, pauses, drains; and where dead letters lie.

alter table public.tenant
    add column rate_per_s real not null default 0
        constraint tenant_rate_range check (rate_per_s between 0 and 100000),
    add column paused_by uuid null,
    add column paused_at timestamptz null,
    add column paused_reason text null;
comment on column public.tenant.rate_per_s is 'starts of runs per second; 0: no limit';
comment on column public.tenant.paused_by is 'who paused it; null while it is not paused';
grant update (rate_per_s, paused_by, paused_at, paused_reason) on public.tenant to execgov_platform;

create table public.queue_limit (
    tenant_id uuid not null constraint queue_limit_tenant_exists references public.tenant,
    name text not null constraint queue_limit_name_form check (name ~ '^s:[a-z0-9][a-z0-9_-]{0,98}$'),
    slots integer not null default 0 constraint queue_limit_slots_range check (slots between 0 and 10000),
    rate_per_s real not null default 0
        constraint queue_limit_rate_range check (rate_per_s between 0 and 100000),
    paused boolean not null default false,
    comment text null,
    changed_by uuid not null,
    changed_at timestamptz not null default now(),
    constraint queue_limit_pk primary key (tenant_id, name)
);
comment on table public.queue_limit is
    'limits inside a tenant: the truth of what the dispatch queue is told at every visit and rebuild';
comment on column public.queue_limit.name is 's:<skill>';
comment on column public.queue_limit.slots is 'runs at the same time; 0: no limit';
grant select, insert, update, delete on public.queue_limit to execgov_platform;

create function public.queue_limit_text(p_tenant uuid) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select string_agg(q.name || ' ' || q.slots || ' ' || q.rate_per_s || ' ' || q.paused::integer, ';'
                      order by q.name)
    from public.queue_limit q
    where q.tenant_id = p_tenant);
comment on function public.queue_limit_text(uuid) is
    'name, slots, rate, paused of each, as core/store/tenant_limits.c reads it; null if there is none';
grant execute on function public.queue_limit_text(uuid) to execgov_platform;

create table public.dead_letter_tenant (
    tenant_id uuid constraint dead_letter_tenant_pk primary key,
    open integer not null constraint dead_letter_tenant_some check (open > 0),
    seen_at timestamptz not null default now()
);
comment on table public.dead_letter_tenant is
    'which tenants have dead letters nobody has decided on, as the scheduler saw it last: where the platform''s list looks';
grant select, insert, update, delete on public.dead_letter_tenant to execgov_platform;

-- Tenants' own statements show times, too.
grant execute on function public.utc_text(timestamptz) to public;

alter table public.worker
    add column drain_requested boolean not null default false,
    add column drain_by uuid null,
    add column run_slots integer null;
comment on column public.worker.drain_requested is
    'an operator asked it to take nothing more, finish and end; it learns so with its next heartbeat';
comment on column public.worker.run_slots is
    'of slots: those for runs, the others are for ctl; null: a version that does not say';
