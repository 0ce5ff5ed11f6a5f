-- What people do around a decision: ask back, extend, put somebody in their place, and look. None of it
-- decides.

-- The clock of a waiting confirmation, moved by a person. ask: somebody who may decide has a question,
-- and the clock stops. reply: the requester answers, and it goes on with what was left. extend: once,
-- by what the rule grants. Each leaves a delayed job at the new end; the earlier ones find nothing due.
create function {{t}}.confirmation_clock(
    p_request_id uuid, p_act text, p_comment text, p_session_token_hash bytea, p_job_id uuid,
    out code text, out ends_at timestamptz)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    c {{t}}.confirmation;
    p {{t}}.plan;
    v_request {{t}}.request;
    v_right uuid;
    v_mine boolean;
    v_extend_s integer;
    v_note text := nullif(btrim(p_comment), '');
begin
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    select * into c
    from {{t}}.confirmation x
    where x.request_id = p_request_id
    order by x.created_at desc
    limit 1
    for update;
    select * into p from {{t}}.plan x where x.id = c.plan_id;
    select * into v_request from {{t}}.request x where x.id = c.request_id;
    v_mine := coalesce(who.user_id in (c.requester, v_request.created_by), false);
    v_right := {{t}}.confirmation_right(c, array[c.requester, v_request.created_by], true,
                                        who.user_id, who.role);
    v_extend_s := coalesce((c.rule ->> 'extend_s')::integer, 0);
    code := case
        when who.code <> 'ok' then who.code
        when c.id is null then 'not_found'
        when p_act = 'ask' and (v_right is null or v_mine) then 'forbidden'
        when p_act = 'reply' and not v_mine then 'forbidden'
        when p_act = 'extend' and v_right is null and not v_mine then 'forbidden'
        when p_act in ('ask', 'reply') and v_note is null then 'invalid_input'
        when c.state = 'expired' then 'expired'
        when c.state <> 'waiting' then 'already_decided'
        when {{t}}.confirmation_ends(c) <= now() then 'expired'
        when p_act = 'ask' and c.asked_at is not null then 'conflict'
        when p_act = 'reply' and c.asked_at is null then 'conflict'
        when p_act = 'extend' and (v_extend_s <= 0 or c.extended_count > 0) then 'conflict'
        when p_act not in ('ask', 'reply', 'extend') then 'invalid_input'
        else 'ok'
    end;
    if code <> 'ok' then
        return;
    end if;
    update {{t}}.confirmation x
    set asked_at = case p_act when 'ask' then now() when 'reply' then null else x.asked_at end,
        expires_at = case p_act
            when 'reply' then {{t}}.confirmation_ends(c)
            when 'extend' then x.expires_at + make_interval(secs => v_extend_s)
            else x.expires_at
        end,
        extended_count = x.extended_count + (p_act = 'extend')::integer
    where x.id = c.id
    returning x.* into c;
    ends_at := case when c.asked_at is null then c.expires_at
                    else c.expires_at + interval '7 days' end;
    insert into {{t}}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms)
    values (p_job_id, 'confirm', 'ctl', 'normal', c.request_id,
            jsonb_build_object('confirmation', c.id, 'task', 'expire'), 5, 30000);
    insert into {{t}}.job_live (job_id, state, run_at)
    values (p_job_id, 'delayed', ends_at + interval '1 second');
    insert into {{t}}.audit_event
        (actor_kind, kind, action, subject_kind, subject, request_id, detail)
    values ('system', 'run', 'job.accepted', 'job', p_job_id::text, c.request_id,
            jsonb_build_object('kind', 'confirm'));
    perform {{t}}.request_event_add(c.request_id, 'confirmation', jsonb_strip_nulls(
        jsonb_build_object(
            'confirmation_id', c.id, 'digest', c.digest, 'by', who.user_id, 'comment', v_note,
            'state', case p_act when 'ask' then 'asked' when 'reply' then 'replied'
                                else 'extended' end,
            'expires_at', ends_at)));
    insert into {{t}}.audit_event
        (actor, actor_kind, kind, action, subject_kind, subject, request_id, detail)
    values (who.user_id, 'user', 'confirmation',
            case p_act when 'ask' then 'confirmation.questioned' when 'reply' then
                'confirmation.replied' else 'confirmation.extended' end,
            'confirmation', c.id::text, c.request_id,
            jsonb_strip_nulls(jsonb_build_object('digest', c.digest, 'comment', v_note,
                                                 'expires_at', ends_at)));
end
$$;
comment on function {{t}}.confirmation_clock(uuid, text, text, bytea, uuid) is
    'p_act ask | reply | extend; code is ok or the API''s error code; never decides';
grant execute on function {{t}}.confirmation_clock(uuid, text, text, bytea, uuid) to {{t}};

create function {{t}}.confirmation_delegate(
    p_id uuid, p_to uuid, p_from_at timestamptz, p_until_at timestamptz, p_reason text,
    p_session_token_hash bytea)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    v_code text;
begin
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    v_code := case
        when who.code <> 'ok' then who.code
        when who.role is null or who.role not in ('owner', 'admin', 'approver') then 'forbidden'
        when p_to is null or p_to = who.user_id then 'invalid_input'
        when p_until_at <= greatest(p_from_at, now())
            or p_until_at > p_from_at + interval '92 days' then 'invalid_input'
        when coalesce(char_length(btrim(p_reason)), 0) not between 1 and 500 then 'invalid_input'
        when not exists (
            select from public.membership m
            join public.tenant t on t.id = m.tenant_id and t.schema = '{{t}}'
            join public.app_user u on u.id = m.user_id and u.state = 'active'
            where m.user_id = p_to) then 'not_found'
        else 'ok'
    end;
    if v_code <> 'ok' then
        return v_code;
    end if;
    insert into {{t}}.confirmation_delegation (id, from_user, to_user, from_at, until_at, reason)
    values (p_id, who.user_id, p_to, p_from_at, p_until_at, btrim(p_reason));
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    values (who.user_id, 'user', 'confirmation', 'confirmation.delegated', 'delegation', p_id::text,
            jsonb_build_object('to', p_to, 'from_at', p_from_at, 'until_at', p_until_at,
                               'reason', btrim(p_reason)));
    return 'ok';
end
$$;
comment on function {{t}}.confirmation_delegate(
    uuid, uuid, timestamptz, timestamptz, text, bytea) is
    'name a substitute, as the person behind the session; returns ok or the API''s error code';
grant execute on function {{t}}.confirmation_delegate(
    uuid, uuid, timestamptz, timestamptz, text, bytea) to {{t}};

create function {{t}}.confirmation_undelegate(p_id uuid, p_session_token_hash bytea) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    v_found uuid;
begin
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    if who.code <> 'ok' then
        return who.code;
    end if;
    update {{t}}.confirmation_delegation d
    set revoked_at = now()
    where d.id = p_id
      and d.revoked_at is null
      and (d.from_user = who.user_id or who.role in ('owner', 'admin'))
    returning d.id into v_found;
    if v_found is null then
        return 'not_found';
    end if;
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject)
    values (who.user_id, 'user', 'confirmation', 'confirmation.undelegated', 'delegation',
            p_id::text);
    return 'ok';
end
$$;
comment on function {{t}}.confirmation_undelegate(uuid, bytea) is
    'end a delegation: whoever gave it, an owner or an admin; returns ok or the API''s error code';
grant execute on function {{t}}.confirmation_undelegate(uuid, bytea) to {{t}};

create function {{t}}.confirmation_may_decide(p_confirmation_id uuid, p_session_token_hash bytea)
    returns boolean
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    c {{t}}.confirmation;
    v_by uuid;
    v_risk text;
    v_four_eyes boolean;
begin
    select * into c from {{t}}.confirmation x where x.id = p_confirmation_id;
    if c.state is distinct from 'waiting' then
        return false;
    end if;
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    if who.code <> 'ok' then
        return false;
    end if;
    select p.risk, r.created_by into v_risk, v_by
    from {{t}}.plan p
    join {{t}}.request r on r.id = p.request_id
    where p.id = c.plan_id;
    v_four_eyes := coalesce(v_risk, 'high') = 'high'
        or coalesce((c.rule ->> 'four_eyes')::boolean, false);
    return not (v_four_eyes and who.user_id in (c.requester, v_by))
        and {{t}}.confirmation_right(c, array[c.requester, v_by], v_four_eyes, who.user_id,
                                     who.role) is not null
        and not exists (
            select from {{t}}.confirmation_vote v
            where v.confirmation_id = c.id and v.user_id = who.user_id);
end
$$;
comment on function {{t}}.confirmation_may_decide(uuid, bytea) is
    'would confirmation_decide take a yes of this session now';
grant execute on function {{t}}.confirmation_may_decide(uuid, bytea) to {{t}};

-- What a reader of a confirmation sees beside its row. The last confirmed plan of the same action shows
-- what is new in this one.
create function {{t}}.confirmation_view(c {{t}}.confirmation, p_session_token_hash bytea)
    returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select to_jsonb(c) - 'run_job' || jsonb_build_object(
        'decided_by_name', (select m.name from public.my_members m where m.user_id = c.decided_by),
        'requester_name', (select m.name from public.my_members m where m.user_id = c.requester),
        'may_decide', {{t}}.confirmation_may_decide(c.id, p_session_token_hash),
        'ends_at', {{t}}.confirmation_ends(c),
        'votes', (
            select jsonb_agg(jsonb_build_object('id', v.user_id, 'name', m.name) order by v.at)
            from {{t}}.confirmation_vote v
            left join public.my_members m on m.user_id = v.user_id
            where v.confirmation_id = c.id),
        'last', (
            select jsonb_build_object('request_id', l.request_id, 'decided_at', l.decided_at,
                                      'plan', p.body)
            from {{t}}.confirmation l
            join {{t}}.plan p on p.id = l.plan_id
            where c.state = 'waiting'
              and l.action = c.action
              and l.state = 'confirmed'
              and l.id <> c.id
            order by l.decided_at desc
            limit 1))
$$;
comment on function {{t}}.confirmation_view({{t}}.confirmation, bytea) is
    'a confirmation as the API shows it, for one session (null: nobody''s)';
grant execute on function {{t}}.confirmation_view({{t}}.confirmation, bytea) to {{t}};
grant execute on function {{t}}.confirmation_ends({{t}}.confirmation) to {{t}};
