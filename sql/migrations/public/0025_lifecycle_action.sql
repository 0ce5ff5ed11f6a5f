-- What the scans did. The key of an action can exist once, so that any number of scans, late, doubled
-- or killed, have one effect.

create table public.scan_run (
    id uuid constraint scan_run_pk primary key,
    kind text not null constraint scan_run_kind_known check (kind in ('tick', 'apply')),
    as_of timestamptz not null,
    state text not null default 'running' constraint scan_run_state_known
        check (state in ('requested', 'running', 'done', 'needs_approval', 'refused', 'failed')),
    preview_digest text null,
    accept_gap boolean not null default false,
    release_brake boolean not null default false,
    counts jsonb not null default '{}',
    tz_version text null,
    problem text null,
    requested_by uuid null,
    started_at timestamptz not null default now(),
    finished_at timestamptz null,
    lease_until timestamptz null
);
create index scan_run_requested on public.scan_run (started_at) where state = 'requested';
create index scan_run_kind on public.scan_run (kind, started_at);
comment on table public.scan_run is
    'runs of the scan that did or refused something; a tick that found nothing leaves no row';
comment on column public.scan_run.preview_digest is 'apply only if a new preview has this digest';
comment on column public.scan_run.release_brake is 'a person has seen the list of shutdowns';
comment on column public.scan_run.tz_version is 'of the time zone database it was reckoned with';

create table public.scan_clock (
    one boolean constraint scan_clock_pk primary key default true constraint scan_clock_single check (one),
    last_at timestamptz not null default '-infinity',
    test_offset interval not null default '0',
    test_allowed boolean not null default false
);
insert into public.scan_clock default values;
comment on table public.scan_clock is 'the last as_of, to notice a clock that jumped; and the test clock of databases made for tests';

create function public.lifecycle_now() returns timestamptz
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return clock_timestamp() + (select c.test_offset from public.scan_clock c);
comment on function public.lifecycle_now() is 'the database''s clock; in a test database moved by its test clock';

create function public.test_clock_advance(p_by interval) returns timestamptz
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_by < interval '0' then
        raise exception 'invalid_input: the test clock only goes forward' using errcode = 'GV000';
    end if;
    update public.scan_clock set test_offset = test_offset + p_by where test_allowed;
    if not found then
        raise exception 'forbidden: this database has no test clock' using errcode = 'GV000';
    end if;
    return public.lifecycle_now();
end
$$;
comment on function public.test_clock_advance(interval) is
    'move the test clock forward; refused unless scan_clock.test_allowed was set by the database''s owner';

create table public.lifecycle_action (
    subscription_id uuid not null constraint lifecycle_action_subscription_exists references public.subscription,
    period_no integer not null,
    action text not null,
    window_code text not null,
    status text not null constraint lifecycle_action_status_known
        check (status in ('done', 'skipped_superseded', 'suppressed', 'failed')),
    due_at timestamptz not null,
    as_of timestamptz not null,
    as_of_date date not null,
    run_id uuid null,
    done_at timestamptz not null default now(),
    detail jsonb null,
    constraint lifecycle_action_pk primary key (subscription_id, period_no, action, window_code)
);
create index lifecycle_action_day on public.lifecycle_action using brin (done_at);
comment on table public.lifecycle_action is 'what was done, left out or refused to a subscription, once a key; rows are only added';
create trigger lifecycle_action_only_grows before update or delete on public.lifecycle_action
    for each row execute function public.fact_guard();

grant select on public.scan_run, public.scan_clock, public.lifecycle_action to execgov_platform, execgov_lifecycle;
grant insert on public.scan_run to execgov_platform, execgov_lifecycle;
grant update on public.scan_run to execgov_lifecycle;
grant update (last_at) on public.scan_clock to execgov_lifecycle;
grant insert on public.lifecycle_action to execgov_lifecycle;
grant execute on function public.lifecycle_now() to execgov_platform, execgov_lifecycle;
grant execute on function public.test_clock_advance(interval) to execgov_platform, execgov_lifecycle;
