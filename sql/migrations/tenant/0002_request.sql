-- What somebody asked for and what became of it. The state is derived (0009_state.sql).

create table {{t}}.request (
    id uuid constraint request_pk primary key,
    text text null,                              -- the words; null: asked by hand (POST /v1/runs)
    mode text not null default 'auto' constraint request_mode_known check (mode in ('auto', 'plan')),
    source text not null constraint request_source_known
        check (source in ('api', 'cli', 'console', 'schedule', 'rerun')),
    options jsonb not null default '{}',         -- now, timezone, files, callback_url, follow_up_of;
                                                 -- by hand: skill, action, version, input, class, …
    language text not null default 'en'
        constraint request_language_known check (language in ('en', 'zh-CN')),
    created_by uuid not null,                    -- public.app_user
    created_at timestamptz not null default now()
);
create index request_created_by on {{t}}.request (created_by, id);
create index request_by_hand on {{t}}.request (id) where text is null;
comment on table {{t}}.request is
    'a wish, in words or by hand; never changed. A low-risk run by hand has no row here: its job is its request, with the same id';
grant select, insert on {{t}}.request to {{t}};

-- Kinds that request_state reads, and what it needs of their data:
--   intent    {"decision": "act" | "ask" | "abstain", …}
--   question  {…}   a plan that lacks something asks; the request waits for an answer
--   answer    {…}   followed by a new intent or plan job in the same transaction
--   cancelled {…}   cancelled while no job of it was live and no confirmation waited
--   expired   {…}   nobody answered in time
-- Others are free: received, plan, confirmation, queued, started, progress, retry, ended.
create table {{t}}.request_event (
    request_id uuid not null,
    seq integer not null,                        -- 1, 2, 3 … within the request
    at timestamptz not null default now(),
    kind text not null,
    data jsonb not null default '{}',
    constraint request_event_pk primary key (request_id, seq)
);
comment on table {{t}}.request_event is
    'what happened to a request, in order: what a client streams and resumes by seq';
grant select, insert on {{t}}.request_event to {{t}};

create function {{t}}.request_event_add(p_request_id uuid, p_kind text, p_data jsonb)
    returns integer
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_seq integer;
begin
    -- Two writers at once: the second waits for the first's row and takes the next number.
    loop
        insert into {{t}}.request_event (request_id, seq, kind, data)
        select p_request_id, coalesce(max(e.seq), 0) + 1, p_kind, coalesce(p_data, '{}')
        from {{t}}.request_event e
        where e.request_id = p_request_id
        on conflict on constraint request_event_pk do nothing
        returning seq into v_seq;
        exit when found;
    end loop;
    return v_seq;
end
$$;
comment on function {{t}}.request_event_add(uuid, text, jsonb) is
    'append an event and return its seq; the one way to write events where two writers can meet';
grant execute on function {{t}}.request_event_add(uuid, text, jsonb) to {{t}};

create table {{t}}.plan (
    id uuid constraint plan_pk primary key,
    request_id uuid not null constraint plan_request_exists references {{t}}.request,
    digest text not null constraint plan_digest_form check (digest ~ '^[0-9a-f]{64}$'),
    risk text not null constraint plan_risk_known check (risk in ('low', 'high')),
    body jsonb not null,                         -- as in the API: steps, effects, checks, confirmation
    lane text not null,                          -- from here on: what the run job will be, so that
    class text not null default 'normal'         -- nobody makes it up when a person has confirmed
        constraint plan_class_known check (class in ('interactive', 'normal', 'bulk')),
    timeout_ms integer not null constraint plan_timeout_positive check (timeout_ms > 0),
    max_attempts smallint not null default 1
        constraint plan_max_attempts_positive check (max_attempts > 0),
    payload jsonb not null,                      -- the run job's payload
    created_at timestamptz not null default now()
);
create index plan_request on {{t}}.plan (request_id, created_at);
comment on table {{t}}.plan is
    'exactly what would be done; immutable, identified by digest (SHA-256 of the canonical form, hex)';
grant select, insert on {{t}}.plan to {{t}};
