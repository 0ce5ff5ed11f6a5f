-- What a run leaves behind.

create table {{t}}.run_log (
    job_id uuid not null,
    seq integer not null,                        -- 1, 2, 3 … over all attempts
    at timestamptz not null default now(),
    stream text not null constraint run_log_stream_known
        check (stream in ('stdout', 'stderr', 'system')),
    body text not null,                          -- a chunk, not a line; valid UTF-8 without NUL
    constraint run_log_pk primary key (job_id, seq)
);
comment on table {{t}}.run_log is 'output of a run as it came';
grant select, insert on {{t}}.run_log to {{t}};

create table {{t}}.file (
    id uuid constraint file_pk primary key,      -- also its name in the file store
    kind text not null constraint file_kind_known
        check (kind in ('upload', 'artifact', 'package', 'log')),
    name text not null constraint file_name_length check (octet_length(name) between 1 and 200),
    size bigint not null constraint file_size_not_negative check (size >= 0),
    sha256 text not null constraint file_sha256_form check (sha256 ~ '^[0-9a-f]{64}$'),
    media_type text not null,
    job_id uuid null,                            -- the run that made it
    created_by uuid null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz null                  -- the bytes are gone, the fact stays
);
create index file_job on {{t}}.file (job_id) where job_id is not null;
comment on table {{t}}.file is 'bytes in the file store';
grant select, insert on {{t}}.file to {{t}};
grant update (deleted_at) on {{t}}.file to {{t}};

create table {{t}}.effect (
    job_id uuid not null,
    step text not null,                          -- job_id:step is the Idempotency-Key sent outside
    state text not null constraint effect_state_known
        check (state in ('started', 'done', 'failed', 'unknown')),
    detail jsonb not null default '{}',          -- resource, method, path; secrets masked
    started_at timestamptz not null default now(),
    ended_at timestamptz null,
    constraint effect_pk primary key (job_id, step)
);
comment on table {{t}}.effect is
    'writes to the outside: committed as started before they are sent, so that a lost answer is known to be unknown';
grant select, insert on {{t}}.effect to {{t}};
grant update (state, detail, ended_at) on {{t}}.effect to {{t}};
