-- The queue's rows (docs/protocol.md). Every column here is paid by every job: no index, no foreign
-- key and no default that the hot path does not need.

create table {{t}}.job (
    id uuid constraint job_pk primary key,
    kind text not null constraint job_kind_known
        check (kind in ('intent', 'plan', 'confirm', 'run', 'task')),
    lane text not null,                          -- ctl, py, sh, http, noop
    class text not null constraint job_class_known check (class in ('interactive', 'normal', 'bulk')),
    request_id uuid not null,                    -- its own id for a low-risk run by hand
    payload jsonb not null,
    plan_digest text null,                       -- runs only
    risk text null constraint job_risk_known check (risk in ('low', 'high')), -- runs only
    max_attempts smallint not null,
    timeout_ms integer not null,
    created_by uuid null,                        -- null: the platform itself
    created_at timestamptz not null default now(), -- the database's clock: leave it to the default
    constraint job_run_has_risk check (kind <> 'run' or risk is not null)
);
-- Jobs that a request made. A run by hand is found by its own id and is not in here.
create index job_request on {{t}}.job (request_id, created_at) where request_id <> id;
comment on table {{t}}.job is 'a unit of queue work; immutable';
grant select, insert on {{t}}.job to {{t}};

create table {{t}}.job_live (
    job_id uuid constraint job_live_pk primary key,
    state text not null constraint job_live_state_known
        check (state in ('ready', 'delayed', 'running', 'waiting', 'held')),
    fence integer not null default 1,            -- grows at claim, reclaim, release, admin; never resets
    token uuid null,                             -- random, of the present claim
    worker uuid null,                            -- public.worker
    attempt integer not null default 0,          -- counts starts; a crash or a release is taken off again
    crash_count integer not null default 0,      -- how often its worker died
    run_at timestamptz null,                     -- of a delayed job only; null again once ready
    started_at timestamptz null,                 -- of the present claim
    lease_until timestamptz null,
    cancel_requested boolean not null default false
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
-- Not on state: a claim changes state, worker, token, lease, and stays a HOT update without.
create index job_live_due on {{t}}.job_live (run_at) where run_at is not null;
comment on table {{t}}.job_live is
    'jobs that have not ended; the row goes when the outcome comes, in the same transaction';
grant select, insert, update, delete on {{t}}.job_live to {{t}};

create table {{t}}.job_outcome (
    job_id uuid constraint job_outcome_pk primary key,
    state text not null constraint job_outcome_state_known
        check (state in ('succeeded', 'failed', 'cancelled', 'expired', 'dead')),
    code text null,                              -- error code of the API; null when it succeeded
    result jsonb null,
    error jsonb null,                            -- {code, message, …}
    exit_code integer null,
    isolation text null,                         -- L0 to L4, as it really ran
    worker uuid null,
    attempt integer not null default 0,
    crash_count integer not null default 0,
    queued_at timestamptz null,                  -- when it last became ready
    started_at timestamptz null,                 -- of the last attempt; null: never started
    ended_at timestamptz not null default now(),
    usage jsonb null                             -- {cpu_ms, memory_bytes_max, …}
);
comment on table {{t}}.job_outcome is
    'how a job ended; the primary key is the proof that it ended once';
grant select, insert on {{t}}.job_outcome to {{t}};
