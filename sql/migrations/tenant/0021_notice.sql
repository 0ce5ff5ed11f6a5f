-- Who is told of what happens here. Triggers of the owner write the messages in the same transaction, whichever
-- process commits it; the role {{t}} can neither call them nor leave them out.

create function {{t}}.notice_requesters(p_request uuid) returns uuid[]
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select array(
        select distinct x from (
            select r.created_by as x from {{t}}.request r where r.id = p_request
            union all
            select c.requester from {{t}}.confirmation c where c.request_id = p_request) y
        where x is not null)
$$;
comment on function {{t}}.notice_requesters(uuid) is 'who asked for it';
revoke execute on function {{t}}.notice_requesters(uuid) from public;

-- To everybody who may decide now, but for whoever asked.
create function {{t}}.notice_deciders(p_confirmation uuid, p_event text, p_key text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    c {{t}}.confirmation;
    v_tenant uuid;
    v_asked uuid[];
    v_by text;
begin
    select * into c from {{t}}.confirmation x where x.id = p_confirmation and x.state = 'waiting';
    if not found then
        return;
    end if;
    v_asked := {{t}}.notice_requesters(c.request_id);
    select t.id into v_tenant from public.tenant t where t.schema = '{{t}}';
    select u.name into v_by from public.app_user u where u.id = c.requester;
    perform public.person_notify(m.user_id, v_tenant, p_key, p_event, jsonb_build_object(
            'request', c.request_id, 'action', coalesce(c.action, '-'), 'requester', coalesce(v_by, '-'),
            'expires_at', public.utc_text(c.expires_at), 'path', '/v1/requests/' || c.request_id), true, c.expires_at)
    from public.membership m
    where m.tenant_id = v_tenant
        and m.user_id <> all (v_asked)
        and {{t}}.confirmation_right(c, v_asked, true, m.user_id, m.role) is not null;
end
$$;
comment on function {{t}}.notice_deciders(uuid, text, text) is 'tell everybody who may decide about it; urgent';
revoke execute on function {{t}}.notice_deciders(uuid, text, text) from public;

create function {{t}}.notice_confirmation_waits() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform {{t}}.notice_deciders(new.id, 'confirmation.waiting', 'confirm:' || new.id || ':waiting');
    return null;
end
$$;
comment on function {{t}}.notice_confirmation_waits() is 'tells who may decide that a confirmation waits';
revoke execute on function {{t}}.notice_confirmation_waits() from public;
create trigger confirmation_tells after insert on {{t}}.confirmation for each row
    execute function {{t}}.notice_confirmation_waits();

create function {{t}}.notice_confirmation_event() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_confirmation uuid := (new.data ->> 'confirmation_id')::uuid;
    v_state text := new.data ->> 'state';
    v_tenant uuid;
    v_action text;
    v_who uuid;
begin
    if v_state in ('reminded', 'escalated') then
        perform {{t}}.notice_deciders(v_confirmation,
            case v_state when 'reminded' then 'confirmation.reminder' else 'confirmation.escalated' end,
            'confirm:' || v_confirmation || ':' || v_state);
        return null;
    end if;
    select t.id into v_tenant from public.tenant t where t.schema = '{{t}}';
    select c.action into v_action from {{t}}.confirmation c where c.id = v_confirmation;
    foreach v_who in array {{t}}.notice_requesters(new.request_id)
    loop
        continue when v_who = (new.data ->> 'decided_by')::uuid; -- he knows
        perform public.person_notify(v_who, v_tenant, 'confirm:' || v_confirmation || ':' || v_state,
            'confirmation.decided', jsonb_strip_nulls(jsonb_build_object(
                'variant', v_state, 'request', new.request_id, 'action', coalesce(v_action, '-'),
                'by', (select u.name from public.app_user u where u.id = (new.data ->> 'decided_by')::uuid),
                'comment', new.data ->> 'comment', 'path', '/v1/requests/' || new.request_id)), false, null);
    end loop;
    return null;
end
$$;
comment on function {{t}}.notice_confirmation_event() is 'tells of a reminder, an escalation, a decision, an end without one';
revoke execute on function {{t}}.notice_confirmation_event() from public;
create trigger request_event_tells after insert on {{t}}.request_event for each row
    when (new.kind = 'confirmation' and new.data ->> 'state' in ('reminded', 'escalated', 'confirmed', 'rejected', 'expired'))
    execute function {{t}}.notice_confirmation_event();

create function {{t}}.notice_review_waits() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.tenant_notify(t.id, array['owner', 'admin'], 'review:' || new.id, 'review.waiting', jsonb_build_object(
            'skill', s.name, 'version', new.number, 'uploader', coalesce(u.name, '-'),
            'path', '/v1/skills/' || s.name || '/versions/' || new.number), null)
    from {{t}}.skill s
    join public.tenant t on t.schema = '{{t}}'
    left join public.app_user u on u.id = new.uploaded_by
    where s.id = new.skill_id;
    return null;
end
$$;
comment on function {{t}}.notice_review_waits() is 'tells owners and admins that a version waits for its review';
revoke execute on function {{t}}.notice_review_waits() from public;
create trigger skill_version_tells after update of state on {{t}}.skill_version for each row
    when (new.state = 'in_review' and old.state <> 'in_review') execute function {{t}}.notice_review_waits();

-- One message an hour and action: a schedule that fails every minute is one message, not sixty.
create function {{t}}.notice_run_failed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.person_notify(j.created_by, t.id, 'failed:' || t.id || ':' || coalesce(j.payload ->> 'skill', '') || '/'
            || coalesce(j.payload ->> 'action', '') || ':' || to_char(now(), 'YYYYMMDDHH24'), 'run.failed',
            jsonb_build_object('action', coalesce(j.payload ->> 'skill', '-') || '/' || coalesce(j.payload ->> 'action', '-'),
                               'code', coalesce(new.code, new.state), 'run', new.job_id,
                               'path', '/v1/runs/' || new.job_id), false, null)
    from {{t}}.job j
    join public.tenant t on t.schema = '{{t}}'
    where j.id = new.job_id
        and j.kind = 'run'
        and j.created_by is not null;
    return null;
end
$$;
comment on function {{t}}.notice_run_failed() is 'tells the owner of a run that it failed';
revoke execute on function {{t}}.notice_run_failed() from public;
create trigger job_outcome_tells after insert on {{t}}.job_outcome for each row
    when (new.state in ('failed', 'dead')) execute function {{t}}.notice_run_failed();

create function {{t}}.notice_slot_skipped() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.person_notify(s.owner, t.id, 'skipped:' || s.id || ':' || to_char(now(), 'YYYYMMDDHH24'),
            'schedule.skipped', jsonb_build_object('schedule', s.name, 'slot', public.utc_text(new.fire_at),
                'reason', coalesce(new.reason, new.state), 'path', '/v1/schedules/' || s.id), false, null)
    from {{t}}.schedule s
    join public.tenant t on t.schema = '{{t}}'
    where s.id = new.schedule_id;
    return null;
end
$$;
comment on function {{t}}.notice_slot_skipped() is 'tells the owner of a schedule that a slot was not run';
revoke execute on function {{t}}.notice_slot_skipped() from public;
create trigger schedule_firing_tells after insert on {{t}}.schedule_firing for each row
    when (new.state in ('skipped', 'refused')) execute function {{t}}.notice_slot_skipped();
create trigger schedule_firing_tells_later after update of state on {{t}}.schedule_firing for each row
    when (new.state in ('skipped', 'refused') and old.state <> new.state) execute function {{t}}.notice_slot_skipped();
