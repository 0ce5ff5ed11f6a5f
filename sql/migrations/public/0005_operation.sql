-- What the daemons tell each other, and what is kept of it.

create table public.worker (
    id uuid constraint worker_pk primary key,
    host text not null,
    pid integer not null,
    version text not null,
    lanes text[] not null,
    slots integer not null constraint worker_slots_range check (slots between 0 and 10000),
    busy integer not null default 0,
    isolation_level smallint not null
        constraint worker_isolation_range check (isolation_level between 0 and 4),
    state text not null default 'active'
        constraint worker_state_known check (state in ('active', 'draining', 'stopped', 'dead')),
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
comment on table public.worker is 'worker processes; an id is one start of one process';
comment on column public.worker.isolation_level is 'L0 to L4 of docs/security.md, as the self-test found it';
comment on column public.worker.heartbeat_at is 'every 2 s while it holds work, every 60 s while it does not';
grant select, insert, update, delete on public.worker to execgov_platform;

create table public.mark (
    tenant_id uuid not null,
    minute timestamptz not null
        constraint mark_is_a_minute check (minute = date_trunc('minute', minute, 'UTC')),
    constraint mark_pk primary key (minute, tenant_id)
);
create index mark_tenant on public.mark (tenant_id);
comment on table public.mark is
    'in which minute a tenant may need a visit of the scheduler; written before the work it announces';
grant select, insert, delete on public.mark to execgov_platform;

create table public.idempotency (
    user_id uuid not null,
    route text not null,
    key text not null constraint idempotency_key_length check (char_length(key) between 1 and 200),
    body_hash bytea not null,
    status smallint not null,
    answer jsonb null,
    created_at timestamptz not null default now(),
    constraint idempotency_pk primary key (user_id, route, key)
);
create index idempotency_created on public.idempotency using brin (created_at);
comment on table public.idempotency is
    'answers given to an Idempotency-Key outside any tenant, for 24 hours; written by the transaction it protects';
comment on column public.idempotency.user_id is 'all zeros where nobody is logged in yet';
comment on column public.idempotency.answer is 'null: the answer held a secret; a repeat is told already_done';
grant select, insert, delete on public.idempotency to execgov_platform;

create table public.platform_audit (
    id bigint generated always as identity constraint platform_audit_pk primary key,
    at timestamptz not null default now(),
    actor uuid null,
    actor_kind text not null constraint platform_audit_actor_known
        check (actor_kind in ('user', 'token', 'system', 'anonymous')),
    kind text not null,
    action text not null,
    subject_kind text null,
    subject text null,
    tenant_id uuid null,
    detail jsonb not null default '{}'
);
create index platform_audit_at on public.platform_audit using brin (at);
comment on table public.platform_audit is
    'who did what on the platform; rows are only added';
comment on column public.platform_audit.kind is 'login | operation | tenant | …';
comment on column public.platform_audit.action is 'dotted: tenant.created, login.failed';
grant select, insert on public.platform_audit to execgov_platform;
