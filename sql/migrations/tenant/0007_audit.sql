create table {{t}}.audit_event (
    id bigint generated always as identity constraint audit_event_pk primary key,
    at timestamptz not null default now(),
    actor uuid null,                             -- user; null: see actor_kind
    actor_kind text not null constraint audit_event_actor_known
        check (actor_kind in ('user', 'token', 'worker', 'system', 'anonymous')),
    kind text not null,                          -- what GET /v1/audit?kind= filters: login, operation, run, …
    action text not null,                        -- dotted: job.claimed, skill.published
    subject_kind text null,
    subject text null,
    request_id uuid null,
    detail jsonb not null default '{}'
);
create index audit_event_at on {{t}}.audit_event using brin (at) with (pages_per_range = 32);
comment on table {{t}}.audit_event is
    'one row per transition, in the transaction of the transition; rows are only added';
grant select, insert on {{t}}.audit_event to {{t}};

create table {{t}}.audit_seal (
    last_id bigint constraint audit_seal_pk primary key, -- covers the rows up to here, from the last seal
    first_id bigint not null,
    row_count bigint not null,
    digest bytea not null,                       -- over the rows and the previous seal's digest
    signature bytea null,
    sealed_at timestamptz not null default now()
);
comment on table {{t}}.audit_seal is 'chain of digests that makes tampering provable';
grant select, insert on {{t}}.audit_seal to {{t}};
