-- What runs by the clock. The scheduler finds a tenant by its mark of the minute of due_at
-- (scheduler/cron.c), so that idle schedules cost nothing.

create table {{t}}.schedule (
    id uuid constraint schedule_pk primary key,
    name text not null constraint schedule_name_once unique
        constraint schedule_name_length check (char_length(name) between 1 and 200),
    cron text not null,                          -- core/model/cron.h
    timezone text not null,                      -- IANA name
    skill text not null,
    action text null,                            -- null: the skill's first
    input jsonb not null default '{}',           -- may hold values computed from the slot
    class text not null default 'normal' constraint schedule_class_known
        check (class in ('interactive', 'normal', 'bulk')),
    catch_up text not null default 'coalesce' constraint schedule_catch_up_known
        check (catch_up in ('skip', 'coalesce', 'all')),
    lead_s integer not null constraint schedule_lead_not_negative check (lead_s >= 0),
    enabled boolean not null default true,
    paused_reason text null,                     -- why the platform paused it; null: a person did
    owner uuid not null,                         -- in whose name it runs
    asks boolean not null default false,         -- needs a confirmation, as it was last planned
    next_at timestamptz null,                    -- the first slot that is not decided; null: none will come
    due_at timestamptz null,                     -- when the scheduler has to look: next_at, or earlier to ask
    asked_request uuid null,                     -- asks for the confirmation of next_at
    revision integer not null default 1,         -- counts edits, for ETag
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint schedule_paused_is_not_due check (enabled or due_at is null)
);
create index schedule_due on {{t}}.schedule (due_at) where due_at is not null;
comment on table {{t}}.schedule is 'a skill that runs by the clock';
grant select, insert, update, delete on {{t}}.schedule to {{t}};

create table {{t}}.schedule_firing (
    schedule_id uuid not null,
    fire_at timestamptz not null,
    state text not null constraint schedule_firing_state_known
        check (state in ('asked', 'fired', 'skipped', 'coalesced', 'refused')),
    reason text null,                            -- core/model/schedule.h, or a code of the API
    message jsonb null,                          -- {"en": …, "zh": …}
    request_id uuid null,                        -- what it became
    by_user uuid null,                           -- who fired it by hand
    decided_at timestamptz not null default now(),
    constraint schedule_firing_pk primary key (schedule_id, fire_at)
);
create index schedule_firing_request on {{t}}.schedule_firing (request_id)
    where request_id is not null;
comment on table {{t}}.schedule_firing is
    'what became of each slot; the primary key is the proof that it was decided once';
grant select, insert, update, delete on {{t}}.schedule_firing to {{t}};

-- A plan that was confirmed ahead of its time (plan.payload.run_at_us) waits for it. Deferred: the
-- run job exists when the transaction that confirms it commits, whoever writes it.
create function {{t}}.confirmation_keeps_time() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update {{t}}.job_live l
    set state = 'delayed',
        run_at = to_timestamp((p.payload ->> 'run_at_us')::bigint / 1000000.0)
    from {{t}}.plan p
    where p.id = new.plan_id
      and l.job_id = new.run_job
      and l.state = 'ready'
      and to_timestamp((p.payload ->> 'run_at_us')::bigint / 1000000.0) > now();
    return null;
end
$$;
comment on function {{t}}.confirmation_keeps_time() is
    'delays a run that was confirmed before the moment it was planned for';
create constraint trigger confirmation_keeps_time
    after update on {{t}}.confirmation
    deferrable initially deferred
    for each row
    when (old.state = 'waiting' and new.state = 'confirmed')
    execute function {{t}}.confirmation_keeps_time();
