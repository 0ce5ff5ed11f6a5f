-- A person's decision about one plan, and the guard behind it. Deciding happens in confirmation_decide
-- and nowhere else: the role {{t}} can make a waiting confirmation and cannot change any.

create table {{t}}.confirmation (
    id uuid constraint confirmation_pk primary key,
    request_id uuid not null constraint confirmation_request_exists references {{t}}.request,
    plan_id uuid not null constraint confirmation_plan_exists references {{t}}.plan,
    digest text not null,                        -- the plan's
    requester uuid not null,
    state text not null default 'waiting' constraint confirmation_state_known
        check (state in ('waiting', 'confirmed', 'rejected', 'expired', 'withdrawn')),
    rule jsonb not null default '{}',            -- why, and who may: {"four_eyes": bool, …}
    expires_at timestamptz not null,
    remind_at timestamptz null,
    created_at timestamptz not null default now(),
    decided_by uuid null,
    decided_at timestamptz null,
    comment text null,
    run_job uuid null constraint confirmation_run_job_once unique,
    constraint confirmation_decided_whole check
        ((state in ('confirmed', 'rejected')) = (decided_by is not null)
         and (state = 'confirmed') = (run_job is not null))
);
create index confirmation_request on {{t}}.confirmation (request_id, created_at);
create unique index confirmation_one_waiting on {{t}}.confirmation (request_id)
    where state = 'waiting';
create index confirmation_waiting on {{t}}.confirmation (created_at) where state = 'waiting';
comment on table {{t}}.confirmation is 'a decision about the digest of one plan; used once';
grant select on {{t}}.confirmation to {{t}};
grant insert (id, request_id, plan_id, digest, requester, rule, expires_at, remind_at)
    on {{t}}.confirmation to {{t}};

create function {{t}}.confirmation_decide(
    p_request_id uuid, p_digest text, p_decision text, p_comment text,
    p_session_token_hash bytea, p_run_job_id uuid,
    out code text, out confirmation_id uuid, out run_id uuid)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_user uuid;
    v_role text;
    v_tenant_state text;
    c {{t}}.confirmation;
    p {{t}}.plan;
    v_request {{t}}.request;
begin
    -- Who: a person's own session, in this tenant, still good. An api token never confirms.
    select s.user_id, m.role, t.state into v_user, v_role, v_tenant_state
    from public.session s
    join public.app_user u on u.id = s.user_id and u.state = 'active'
    join public.tenant t on t.id = s.tenant_id and t.schema = '{{t}}'
    left join public.membership m on m.tenant_id = t.id and m.user_id = s.user_id
    where s.token_hash = p_session_token_hash
      and s.revoked_at is null
      and s.expires_at > now();
    if not found then
        if exists (select from public.api_token a where a.token_hash = p_session_token_hash) then
            code := 'session_required';
        else
            code := 'unauthenticated';
        end if;
        return;
    end if;

    -- What: one caller at a time from here on; the one that waited reads what the other wrote.
    select * into c
    from {{t}}.confirmation x
    where x.request_id = p_request_id
    order by x.created_at desc
    limit 1
    for update;
    confirmation_id := c.id;
    select * into p from {{t}}.plan x where x.id = c.plan_id;
    select * into v_request from {{t}}.request x where x.id = c.request_id;

    code := case
        when v_tenant_state <> 'active' then 'tenant_suspended'
        when v_role is null or v_role not in ('owner', 'admin', 'approver') then 'forbidden'
        when p_decision is null or p_decision not in ('confirm', 'reject') then 'invalid_input'
        when p_decision = 'reject' and coalesce(btrim(p_comment), '') = '' then 'invalid_input'
        when p_decision = 'confirm' and v_request.text is not null and p_run_job_id is null
            then 'invalid_input'
        when c.id is null then 'not_found'
        when c.state = 'expired' then 'expired'
        when c.state <> 'waiting' then 'already_decided'
        when c.expires_at <= now() then 'expired'
        when p_digest is distinct from c.digest or c.digest is distinct from p.digest
            or p.request_id is distinct from c.request_id then 'plan_stale'
        when p_decision = 'confirm' and v_user in (c.requester, v_request.created_by)
            and (p.risk = 'high' or coalesce((c.rule ->> 'four_eyes')::boolean, false))
            then 'self_confirmation'
        else 'ok'
    end;
    if code <> 'ok' then
        if c.id is not null then
            insert into {{t}}.audit_event
                (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
            values (v_user, 'user', 'operation', 'confirmation.refused', 'confirmation', c.id::text,
                    p_request_id, jsonb_build_object('code', code, 'decision', p_decision));
        end if;
        return;
    end if;

    if p_decision = 'confirm' then
        -- By hand, the run was promised under the request's own id.
        run_id := case when v_request.text is null then v_request.id else p_run_job_id end;
    end if;
    update {{t}}.confirmation x
    set state = case when p_decision = 'confirm' then 'confirmed' else 'rejected' end,
        decided_by = v_user,
        decided_at = now(),
        comment = nullif(btrim(p_comment), ''),
        run_job = run_id
    where x.id = c.id;
    if p_decision = 'confirm' then
        insert into {{t}}.job (id, kind, lane, class, request_id, payload, plan_digest, risk,
                               max_attempts, timeout_ms, created_by)
        values (run_id, 'run', p.lane, p.class, c.request_id, p.payload, p.digest, p.risk,
                p.max_attempts, p.timeout_ms, c.requester);
        insert into {{t}}.job_live (job_id, state) values (run_id, 'ready');
    end if;
    perform {{t}}.request_event_add(c.request_id, 'confirmation', jsonb_strip_nulls(
        jsonb_build_object(
            'confirmation_id', c.id, 'digest', c.digest, 'decided_by', v_user, 'run_id', run_id,
            'state', case when p_decision = 'confirm' then 'confirmed' else 'rejected' end,
            'comment', nullif(btrim(p_comment), ''))));
    insert into {{t}}.audit_event
        (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    values (v_user, 'user', 'confirmation',
            case when p_decision = 'confirm' then 'confirmation.confirmed'
                 else 'confirmation.rejected' end,
            'confirmation', c.id::text, c.request_id,
            jsonb_strip_nulls(jsonb_build_object(
                'digest', c.digest, 'risk', p.risk, 'run_id', run_id,
                'comment', nullif(btrim(p_comment), ''))));
    if p_decision = 'confirm' then
        insert into {{t}}.audit_event
            (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
        values (v_user, 'user', 'run', 'job.accepted', 'job', run_id::text, c.request_id,
                jsonb_build_object('kind', 'run', 'risk', p.risk, 'digest', p.digest));
    end if;
end
$$;
comment on function {{t}}.confirmation_decide(uuid, text, text, text, bytea, uuid) is
    'decide the waiting confirmation of a request: p_decision confirm | reject (needs a comment); code is ok or the API''s error code; on confirm the run job is written in the same transaction';
grant execute on function {{t}}.confirmation_decide(uuid, text, text, text, bytea, uuid) to {{t}};

create function {{t}}.confirmation_close(
    p_request_id uuid, p_state text, p_actor uuid, p_reason text)
    returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    c {{t}}.confirmation;
begin
    select * into c
    from {{t}}.confirmation x
    where x.request_id = p_request_id and x.state = 'waiting'
    for update;
    if not found or (p_state = 'expired' and c.expires_at > now()) then
        return false;
    end if;
    update {{t}}.confirmation x set state = p_state where x.id = c.id;
    perform {{t}}.request_event_add(c.request_id, 'confirmation', jsonb_strip_nulls(
        jsonb_build_object('confirmation_id', c.id, 'digest', c.digest, 'state', p_state,
                           'reason', p_reason)));
    insert into {{t}}.audit_event
        (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    values (p_actor, case when p_actor is null then 'system' else 'user' end, 'confirmation',
            'confirmation.' || p_state, 'confirmation', c.id::text, c.request_id,
            jsonb_strip_nulls(jsonb_build_object('digest', c.digest, 'reason', p_reason)));
    return true;
end
$$;
comment on function {{t}}.confirmation_close(uuid, text, uuid, text) is
    'what confirmation_expire and confirmation_withdraw share; not granted';

create function {{t}}.confirmation_expire(p_request_id uuid) returns boolean
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$ select {{t}}.confirmation_close(p_request_id, 'expired', null, null) $$;
comment on function {{t}}.confirmation_expire(uuid) is
    'expire the waiting confirmation if its time is over; false: nothing was waiting, or it is early';
grant execute on function {{t}}.confirmation_expire(uuid) to {{t}};

create function {{t}}.confirmation_withdraw(p_request_id uuid, p_actor uuid, p_reason text)
    returns boolean
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$ select {{t}}.confirmation_close(p_request_id, 'withdrawn', p_actor, p_reason) $$;
comment on function {{t}}.confirmation_withdraw(uuid, uuid, text) is
    'take the waiting confirmation back (cancel, a new plan); p_actor null: the platform; false: nothing was waiting';
grant execute on function {{t}}.confirmation_withdraw(uuid, uuid, text) to {{t}};

-- The guard: whoever inserts the row, a run of high risk or of a plan that asked for a confirmation
-- needs the confirmation that was used up for exactly this job and digest.
create function {{t}}.job_guard() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_risk text;
    v_asked boolean;
begin
    select p.risk into v_risk
    from {{t}}.plan p
    where p.request_id = new.request_id and p.digest = new.plan_digest
    order by p.risk -- 'high' sorts before 'low': two plans of one digest count as the riskier
    limit 1;
    v_asked := exists (
        select from {{t}}.confirmation c
        where c.request_id = new.request_id and c.digest = new.plan_digest);
    if new.risk = 'low' and coalesce(v_risk, 'low') = 'low' and not v_asked then
        return new;
    end if;
    if not exists (
        select from {{t}}.confirmation c
        where c.request_id = new.request_id
          and c.run_job = new.id
          and c.digest = new.plan_digest
          and c.state = 'confirmed')
    then
        raise exception 'run % has no confirmation for its plan', new.id
            using errcode = 'GV001', hint = 'confirmation_required';
    end if;
    return new;
end
$$;
comment on function {{t}}.job_guard() is
    'refuses (SQLSTATE GV001) a run job that needs a confirmation and has none';
-- A low-risk run by hand, the hot path, does not even call it.
create trigger job_needs_confirmation
    before insert on {{t}}.job
    for each row
    when (new.kind = 'run' and (new.risk <> 'low' or new.request_id <> new.id))
    execute function {{t}}.job_guard();
