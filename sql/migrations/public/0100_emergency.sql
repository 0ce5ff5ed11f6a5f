-- One person in the place of several, when nobody else can be reached and an act cannot wait. Everybody who could have decided is told
-- at once, the audit names it as what it is, and it stands in each morning's digest until another person has looked at it.

create table public.approval_emergency (
    request_id uuid constraint approval_emergency_pk primary key
        constraint approval_emergency_of references public.approval_request,
    actor uuid not null constraint approval_emergency_actor_exists references public.app_user,
    reason text not null constraint approval_emergency_reason_length check (char_length(reason) between 1 and 2000),
    at timestamptz not null default now()
);
create index approval_emergency_actor on public.approval_emergency (actor);
comment on table public.approval_emergency is 'approvals that one person gave alone; rows are only added';
create trigger approval_emergency_only_grows before update or delete on public.approval_emergency
    for each row execute function public.fact_guard();

create table public.approval_review (
    request_id uuid constraint approval_review_pk primary key
        constraint approval_review_of references public.approval_emergency,
    reviewer uuid not null constraint approval_review_reviewer_exists references public.app_user,
    comment text not null constraint approval_review_comment_length check (char_length(comment) between 1 and 2000),
    at timestamptz not null default now()
);
create index approval_review_reviewer on public.approval_review (reviewer);
comment on table public.approval_review is 'what another person said of it afterwards';
create trigger approval_review_only_grows before update or delete on public.approval_review
    for each row execute function public.fact_guard();
grant select on public.approval_emergency, public.approval_review to execgov_platform, execgov_lifecycle;

-- A person with a session who may decide over money, and is not about his own customer.
create function public.approval_person_must(r public.approval_request, p_user uuid, p_session bytea) returns void
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from public.session s
                   where s.token_hash = p_session and s.user_id = p_user and s.revoked_at is null and s.expires_at > now()) then
        raise exception 'session_required: only a person who logged in decides' using errcode = 'GV000';
    end if;
    if not public.approval_voter(p_user) then
        raise exception 'forbidden: this is not yours to decide' using errcode = 'GV000';
    end if;
    if p_user is not distinct from r.beneficiary or public.approval_benefits(p_user, r.params) then
        raise exception 'self_confirmation: it is about a customer of his own' using errcode = 'GV000';
    end if;
end
$$;
comment on function public.approval_person_must(public.approval_request, uuid, bytea) is
    'session_required, forbidden or self_confirmation, where it is not such a person';

create function public.approval_emergency_add(p_request uuid, p_actor uuid, p_session bytea, p_reason text) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    r public.approval_request;
    v_by text := (select u.email from public.app_user u where u.id = p_actor);
begin
    select * into r from public.approval_request where id = p_request for no key update;
    if not found then
        raise exception 'not_found: there is no such approval' using errcode = 'GV000';
    end if;
    perform public.approval_person_must(r, p_actor, p_session);
    -- An act that failed is tried again by whoever did it before.
    if r.state = 'approved' and exists (
            select from public.approval_emergency e where e.request_id = r.id and e.actor = p_actor) and r.expires_at > now() then
        return 'approved';
    end if;
    if r.state = 'expired' or (r.state in ('waiting', 'approved') and r.expires_at <= now()) then
        raise exception 'expired: it ended at %', r.expires_at using errcode = 'GV000';
    end if;
    if r.state <> 'waiting' then
        raise exception 'already_decided: this is %', r.state using errcode = 'GV000';
    end if;
    if r.action in ('subscription.terminate', 'tenant.drop', 'money.rule', 'seller.account') then
        raise exception 'conflict: what destroys data, the rules, and where money goes are never decided by one person' using errcode = 'GV000';
    end if;
    insert into public.approval_emergency (request_id, actor, reason) values (r.id, p_actor, p_reason);
    update public.approval_request set state = 'approved', decided_at = now() where id = r.id;
    perform public.audit_add(null, p_actor, 'user', 'security', 'approval.emergency', 'approval', r.id::text,
        jsonb_build_object('action', r.action, 'params', r.params, 'reason', p_reason, 'need', r.need));
    perform public.finance_task_add('emergency_review', r.id::text, null, null, null, jsonb_build_object(
        'action', r.action, 'by', v_by, 'reason', p_reason, 'remedy', jsonb_build_object(
            'en', v_by || ' approved ' || r.action || ' alone: look at it, and say what you found: execgov order review ' || r.id
                || ' --comment …',
            'zh-CN', v_by || ' 独自批准了 ' || r.action || '：请复核并写明结论：execgov order review ' || r.id || ' --comment …')));
    perform public.person_notify(x.user_id, null, 'approval:' || r.id || ':emergency', 'approval.emergency', jsonb_build_object(
        'approval', r.id, 'action', r.action, 'by', v_by, 'reason', p_reason, 'path', '/v1/platform/approvals'), true, null)
    from (select distinct o.user_id from public.platform_role o) x
    where public.approval_voter(x.user_id) and x.user_id <> p_actor;
    return 'approved';
end
$$;
comment on function public.approval_emergency_add(uuid, uuid, bytea, text) is
    'one person approves alone, with a reason: SECURITY audit, everybody else who may decide is told, and a task until it is reviewed';

create function public.approval_review_add(p_request uuid, p_reviewer uuid, p_session bytea, p_comment text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    r public.approval_request;
    e public.approval_emergency;
begin
    select * into r from public.approval_request where id = p_request for no key update;
    if not found then
        raise exception 'not_found: there is no such approval' using errcode = 'GV000';
    end if;
    perform public.approval_person_must(r, p_reviewer, p_session);
    select * into e from public.approval_emergency where request_id = r.id;
    if not found then
        raise exception 'conflict: nobody approved it alone' using errcode = 'GV000';
    end if;
    if p_reviewer in (e.actor, r.requester) then
        raise exception 'self_confirmation: somebody else has to look at it' using errcode = 'GV000';
    end if;
    if not public.approval_apart(p_reviewer, e.actor) or not public.approval_apart(p_reviewer, r.requester) then
        raise exception 'not_apart: a link joins the passwords of who asked or did it and who looks at it' using errcode = 'GV000';
    end if;
    insert into public.approval_review (request_id, reviewer, comment) values (r.id, p_reviewer, p_comment)
    on conflict on constraint approval_review_pk do nothing;
    if not found then
        raise exception 'already_decided: somebody has reviewed it' using errcode = 'GV000';
    end if;
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = p_reviewer, outcome = 'reviewed'
    where kind = 'emergency_review' and ref = r.id::text and done_at is null;
    perform public.audit_add(null, p_reviewer, 'user', 'security', 'approval.reviewed', 'approval', r.id::text,
        jsonb_build_object('action', r.action, 'comment', p_comment));
end
$$;
comment on function public.approval_review_add(uuid, uuid, bytea, text) is 'another person says what he found of an approval that one person gave alone';

create or replace function public.approval_claim(p_request uuid, p_action text, p_digest text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    r public.approval_request;
begin
    select * into r from public.approval_request where id = p_request for no key update;
    if not found or r.action <> p_action or r.params_digest <> p_digest then
        raise exception 'confirmation_required: the approval is for something else' using errcode = 'GV000';
    end if;
    if r.state = 'executed' then
        raise exception 'already_done: the approval was used' using errcode = 'GV000';
    end if;
    if r.state = 'expired' or r.expires_at <= now() then
        raise exception 'expired: the approval ended at %', r.expires_at using errcode = 'GV000';
    end if;
    if r.state <> 'approved' or (public.approval_votes(r) < r.need and not exists (
            select from public.approval_emergency e
            where e.request_id = r.id and public.approval_voter(e.actor) and not public.approval_benefits(e.actor, r.params))) then
        if exists (select from public.approval_vote v
                   where v.request_id = r.id and v.approve and not public.approval_apart(v.voter, r.requester)) then
            raise exception 'not_apart: a link joins the passwords of who asked and who decided' using errcode = 'GV000';
        end if;
        raise exception 'confirmation_required: the approval does not hold' using errcode = 'GV000';
    end if;
    update public.approval_request
    set state = 'executed', executed_at = now(), executed_in = pg_current_xact_id()
    where id = p_request;
end
$$;

create or replace function public.approval_of_this_act() returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_xact xid8 := pg_current_xact_id_if_assigned();
begin
    if v_xact is null or not exists (select from public.approval_request r where r.executed_in = v_xact) then
        return null;
    end if;
    return (
        -- The moment too: a restored database counts its transactions anew.
        select jsonb_strip_nulls(jsonb_build_object('approval', r.id,
            'approved_by', (
                select jsonb_agg(u.email order by v.at, u.id)
                from public.approval_vote v
                join public.app_user u on u.id = v.voter
                where v.request_id = r.id and v.approve),
            'emergency_by', (
                select u.email
                from public.approval_emergency e
                join public.app_user u on u.id = e.actor
                where e.request_id = r.id)))
        from public.approval_request r
        where r.executed_in = v_xact
            and r.executed_at = now()
        limit 1);
end
$$;

create or replace function public.finance_digest_make(p_day date, p_zone text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return public.finance_digest_numbers(p_day, p_zone)
    || jsonb_strip_nulls(jsonb_build_object('untold', public.customers_untold(p_zone), 'emergencies', (
        select jsonb_agg(concat_ws('  ', r.action, u.email, left(e.reason, 100), r.id) order by e.at, r.id)
        from public.approval_emergency e
        join public.approval_request r on r.id = e.request_id
        join public.app_user u on u.id = e.actor
        where not exists (select from public.approval_review v where v.request_id = e.request_id))));

grant execute on function public.approval_emergency_add(uuid, uuid, bytea, text), public.approval_review_add(uuid, uuid, bytea, text)
    to execgov_platform;
