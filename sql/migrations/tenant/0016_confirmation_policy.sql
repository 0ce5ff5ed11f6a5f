-- More than one person, roles that a rule names, substitutes, questions and extensions. Whatever the
-- rule, it is confirmation_decide that lets a run come into being (0008_confirmation.sql).
--
-- confirmation.rule: {"people": 2, "four_eyes": true, "roles": ["approver"], "extend_s": 86400,
--   "escalate_at": time, "escalate_roles": ["owner"], "name": …}. Members that are missing take what
-- 0008 had: one person; owner, admin, approver.

alter table {{t}}.confirmation
    add column action text null,                 -- skill/action: finds the last one that was confirmed
    add column asked_at timestamptz null,        -- a question to the requester stops the clock since
    add column extended_count smallint not null default 0;
grant insert (action) on {{t}}.confirmation to {{t}};
create index confirmation_last on {{t}}.confirmation (action, decided_at) where state = 'confirmed';

create table {{t}}.confirmation_vote (
    confirmation_id uuid not null
        constraint confirmation_vote_confirmation_exists references {{t}}.confirmation,
    user_id uuid not null,
    behalf_of uuid not null,                     -- whose right counted: the person's own, or a delegator's
    comment text null,
    at timestamptz not null default now(),
    constraint confirmation_vote_pk primary key (confirmation_id, user_id)
);
comment on table {{t}}.confirmation_vote is
    'who said yes; the decision is made when enough different people did';
grant select on {{t}}.confirmation_vote to {{t}};

create table {{t}}.confirmation_delegation (
    id uuid constraint confirmation_delegation_pk primary key,
    from_user uuid not null,
    to_user uuid not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    reason text not null constraint confirmation_delegation_reason_length
        check (char_length(reason) between 1 and 500),
    created_at timestamptz not null default now(),
    revoked_at timestamptz null,
    constraint confirmation_delegation_two_people check (from_user <> to_user),
    constraint confirmation_delegation_period
        check (until_at > from_at and until_at <= from_at + interval '92 days')
);
create index confirmation_delegation_to on {{t}}.confirmation_delegation (to_user, until_at)
    where revoked_at is null;
comment on table {{t}}.confirmation_delegation is
    'somebody who may confirm lets another member do it for a while; never for what he asked for himself';
grant select on {{t}}.confirmation_delegation to {{t}};

-- Who is behind a call: a person's own session in this tenant, still good. An api token never decides.
create function {{t}}.confirmation_session(
    p_token_hash bytea, out code text, out user_id uuid, out role text)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_state text;
begin
    select s.user_id, m.role, t.state into user_id, role, v_tenant_state
    from public.session s
    join public.app_user u on u.id = s.user_id and u.state = 'active'
    join public.tenant t on t.id = s.tenant_id and t.schema = '{{t}}'
    left join public.membership m on m.tenant_id = t.id and m.user_id = s.user_id
    where s.token_hash = p_token_hash
      and s.revoked_at is null
      and s.expires_at > now();
    code := case
        when not found and exists (
            select from public.api_token a where a.token_hash = p_token_hash)
            then 'session_required'
        when user_id is null then 'unauthenticated'
        when v_tenant_state <> 'active' then 'tenant_suspended'
        else 'ok'
    end;
end
$$;
comment on function {{t}}.confirmation_session(bytea) is
    'the person behind a session; code is ok or the API''s error code; not granted';

create function {{t}}.confirmation_roles(c {{t}}.confirmation) returns text[]
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select array(
        select r
        from jsonb_array_elements_text(
            coalesce(c.rule -> 'roles', '["owner", "admin", "approver"]')
            || case
                when (c.rule ->> 'escalate_at')::timestamptz <= now()
                    then coalesce(c.rule -> 'escalate_roles', '[]')
                else '[]'
            end) r
        -- Whoever is only to look never decides, whatever a rule says.
        where r in ('owner', 'admin', 'operator', 'approver', 'finance'))
$$;
comment on function {{t}}.confirmation_roles({{t}}.confirmation) is
    'roles that may decide about it now: the rule''s, and after the escalation also those';

-- A question stops the clock, for a week at most: nothing waits for ever.
create function {{t}}.confirmation_ends(c {{t}}.confirmation) returns timestamptz
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select c.expires_at + case
        when c.asked_at is null then interval '0'
        else least(now() - c.asked_at, interval '7 days')
    end
$$;
comment on function {{t}}.confirmation_ends({{t}}.confirmation) is
    'when it expires, as things stand: an open question moves the end';

-- Whose right counts when this person decides: his own, or that of somebody who named him. A right
-- that comes from the requester counts for nothing here.
create function {{t}}.confirmation_right(
    c {{t}}.confirmation, p_requesters uuid[], p_four_eyes boolean, p_user uuid, p_role text)
    returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_role = any ({{t}}.confirmation_roles(c)) then p_user
        when not p_four_eyes and p_user = c.requester and p_role in ('owner', 'admin', 'operator')
            then p_user
        else (
            select d.from_user
            from {{t}}.confirmation_delegation d
            join public.tenant t on t.schema = '{{t}}'
            join public.membership m on m.tenant_id = t.id and m.user_id = d.from_user
            join public.app_user u on u.id = m.user_id and u.state = 'active'
            where d.to_user = p_user
              and p_role is not null
              and d.revoked_at is null
              and now() >= d.from_at
              and now() < d.until_at
              and m.role = any ({{t}}.confirmation_roles(c))
              and d.from_user <> all (p_requesters)
            order by d.created_at
            limit 1)
    end
$$;
comment on function {{t}}.confirmation_right({{t}}.confirmation, uuid[], boolean, uuid, text) is
    'the user whose right lets this one decide; null: none; not granted';

-- How many different people stand behind it now. Who left, or lost the right, does not count.
create function {{t}}.confirmation_count(c {{t}}.confirmation, p_requesters uuid[], p_four_eyes boolean)
    returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select count(distinct v.behalf_of)::integer
    from {{t}}.confirmation_vote v
    join public.tenant t on t.schema = '{{t}}'
    join public.membership m on m.tenant_id = t.id and m.user_id = v.user_id
    join public.app_user u on u.id = m.user_id and u.state = 'active'
    where v.confirmation_id = c.id
      and {{t}}.confirmation_right(c, p_requesters, p_four_eyes, v.user_id, m.role) = v.behalf_of
$$;
comment on function {{t}}.confirmation_count({{t}}.confirmation, uuid[], boolean) is
    'votes that count at this moment, by person; not granted';

create or replace function {{t}}.confirmation_decide(
    p_request_id uuid, p_digest text, p_decision text, p_comment text,
    p_session_token_hash bytea, p_run_job_id uuid,
    out code text, out confirmation_id uuid, out run_id uuid)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    c {{t}}.confirmation;
    p {{t}}.plan;
    v_request {{t}}.request;
    v_requesters uuid[];
    v_four_eyes boolean;
    v_right uuid;
    v_needed integer;
    v_given integer;
    v_note text := nullif(btrim(p_comment), '');
    v_state text;
begin
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    if who.code <> 'ok' and who.code <> 'tenant_suspended' then
        code := who.code;
        return;
    end if;

    -- One caller at a time from here on; the one that waited reads what the other wrote.
    select * into c
    from {{t}}.confirmation x
    where x.request_id = p_request_id
    order by x.created_at desc
    limit 1
    for update;
    confirmation_id := c.id;
    select * into p from {{t}}.plan x where x.id = c.plan_id;
    select * into v_request from {{t}}.request x where x.id = c.request_id;
    v_requesters := array[c.requester, v_request.created_by];
    v_four_eyes := coalesce(p.risk, 'high') = 'high'
        or coalesce((c.rule ->> 'four_eyes')::boolean, false);
    v_right := {{t}}.confirmation_right(c, v_requesters, v_four_eyes, who.user_id, who.role);
    v_needed := greatest(coalesce((c.rule ->> 'people')::integer, 1), 1);

    code := case
        when who.code <> 'ok' then who.code
        when c.id is null and (who.role is null or who.role not in ('owner', 'admin', 'approver'))
            then 'forbidden'
        when p_decision is null or p_decision not in ('confirm', 'reject') then 'invalid_input'
        when p_decision = 'reject' and v_note is null then 'invalid_input'
        when p_decision = 'confirm' and v_request.text is not null and p_run_job_id is null
            then 'invalid_input'
        when c.id is null then 'not_found'
        when v_right is null then 'forbidden'
        when c.state = 'expired' then 'expired'
        when c.state <> 'waiting' then 'already_decided'
        when {{t}}.confirmation_ends(c) <= now() then 'expired'
        when p_digest is distinct from c.digest or c.digest is distinct from p.digest
            or p.request_id is distinct from c.request_id then 'plan_stale'
        when p_decision = 'confirm' and v_four_eyes and who.user_id = any (v_requesters)
            then 'self_confirmation'
        when p_decision = 'confirm' and exists (
            select from {{t}}.confirmation_vote v
            where v.confirmation_id = c.id and who.user_id = v.user_id)
            then 'already_decided'
        else 'ok'
    end;
    if code <> 'ok' then
        if c.id is not null then
            insert into {{t}}.audit_event
                (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
            values (who.user_id, 'user', 'operation', 'confirmation.refused', 'confirmation',
                    c.id::text, p_request_id,
                    jsonb_build_object('code', code, 'decision', p_decision));
        end if;
        return;
    end if;

    v_state := 'rejected';
    if p_decision = 'confirm' then
        insert into {{t}}.confirmation_vote (confirmation_id, user_id, behalf_of, comment)
        values (c.id, who.user_id, v_right, v_note);
        v_given := {{t}}.confirmation_count(c, v_requesters, v_four_eyes);
        v_state := case when v_given >= v_needed then 'confirmed' else 'counted' end;
    end if;
    if v_state = 'confirmed' then
        -- By hand, the run was promised under the request's own id.
        run_id := case when v_request.text is null then v_request.id else p_run_job_id end;
    end if;
    if v_state <> 'counted' then
        update {{t}}.confirmation x
        set state = v_state,
            decided_by = who.user_id,
            decided_at = now(),
            comment = v_note,
            asked_at = null,
            run_job = run_id
        where x.id = c.id;
    end if;
    if v_state = 'confirmed' then
        insert into {{t}}.job (id, kind, lane, class, request_id, payload, plan_digest, risk,
                               max_attempts, timeout_ms, created_by)
        values (run_id, 'run', p.lane, p.class, c.request_id, p.payload, p.digest, p.risk,
                p.max_attempts, p.timeout_ms, c.requester);
        insert into {{t}}.job_live (job_id, state) values (run_id, 'ready');
    end if;
    perform {{t}}.request_event_add(c.request_id, 'confirmation', jsonb_strip_nulls(
        jsonb_build_object(
            'confirmation_id', c.id, 'digest', c.digest, 'decided_by', who.user_id,
            'run_id', run_id, 'state', v_state, 'comment', v_note,
            'behalf_of', nullif(v_right, who.user_id), 'given', v_given, 'needed', v_needed)));
    insert into {{t}}.audit_event
        (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    values (who.user_id, 'user', 'confirmation', 'confirmation.' || v_state, 'confirmation',
            c.id::text, c.request_id,
            jsonb_strip_nulls(jsonb_build_object(
                'digest', c.digest, 'risk', p.risk, 'run_id', run_id, 'comment', v_note,
                'behalf_of', nullif(v_right, who.user_id), 'given', v_given, 'needed', v_needed)));
    if v_state = 'confirmed' then
        insert into {{t}}.audit_event
            (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
        values (who.user_id, 'user', 'run', 'job.accepted', 'job', run_id::text, c.request_id,
                jsonb_build_object('kind', 'run', 'risk', p.risk, 'digest', p.digest));
    end if;
    if v_state = 'counted' then
        code := 'counted';
    end if;
end
$$;
comment on function {{t}}.confirmation_decide(uuid, text, text, text, bytea, uuid) is
    'decide the waiting confirmation of a request: p_decision confirm | reject (needs a comment); code is ok, counted (more people are needed) or the API''s error code; with the last yes the run job is written in the same transaction';

create or replace function {{t}}.confirmation_close(
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
    if not found or (p_state = 'expired' and {{t}}.confirmation_ends(c) > now()) then
        return false;
    end if;
    update {{t}}.confirmation x set state = p_state, asked_at = null where x.id = c.id;
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
