-- Who asks and who decides are two people, and what was decided holds for 72 hours. Whoever made the link that set a password
-- may have used it: he and that person are one here, and so are two people whose links he made.

create function public.approval_apart(p_one uuid, p_other uuid) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return p_one <> p_other and not exists (
    select from public.app_user a, public.app_user b
    where a.id = p_one
        and b.id = p_other
        and (a.password_set_by = b.id or b.password_set_by = a.id or a.password_set_by = b.password_set_by));
comment on function public.approval_apart(uuid, uuid) is
    'are these two people: neither made the link that set the other''s password, and nobody made both';

create function public.approval_votes(r public.approval_request) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select count(distinct coalesce(u.password_set_by, u.id))::integer
    from public.approval_vote v
    join public.app_user u on u.id = v.voter
    where v.request_id = r.id
        and v.approve
        and public.approval_voter(v.voter)
        and public.approval_apart(v.voter, r.requester));
comment on function public.approval_votes(public.approval_request) is 'how many different people approve of it now, who still may';

create or replace function public.approval_open(
    p_id uuid, p_action text, p_params jsonb, p_digest text, p_reason text, p_requester uuid,
    p_beneficiary uuid) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    if not exists (select from public.platform_role r
                   where public.approval_apart(r.user_id, p_requester) and r.user_id is distinct from p_beneficiary
                       and public.approval_voter(r.user_id)) then
        raise exception 'no_eligible_approver: nobody else may decide over this' using errcode = 'GV000';
    end if;
    -- One that ran out is over; it is asked for anew.
    update public.approval_request
    set state = 'expired', decided_at = now()
    where action = p_action and params_digest = p_digest and state in ('waiting', 'approved') and expires_at <= now()
    returning id into v_id;
    if v_id is not null then
        perform public.audit_add(null, null, 'system', 'money', 'approval.expired', 'approval', v_id::text, '{}');
    end if;
    v_id := null;
    insert into public.approval_request (id, action, params, params_digest, reason, requester, beneficiary)
    values (p_id, p_action, p_params, p_digest, p_reason, p_requester, p_beneficiary)
    on conflict (action, params_digest) where state in ('waiting', 'approved') do nothing
    returning id into v_id;
    if v_id is null then
        select r.id into v_id from public.approval_request r
        where r.action = p_action and r.params_digest = p_digest and r.state in ('waiting', 'approved');
        return v_id;
    end if;
    perform public.audit_add(null, p_requester, 'user', 'money', 'approval.requested', 'approval', v_id::text,
        jsonb_build_object('action', p_action, 'params', p_params, 'reason', p_reason));
    return v_id;
end
$$;

create or replace function public.approval_vote_add(
    p_request uuid, p_voter uuid, p_session bytea, p_approve boolean, p_comment text) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    r public.approval_request;
begin
    if not exists (select from public.session s
                   where s.token_hash = p_session and s.user_id = p_voter and s.revoked_at is null
                       and s.expires_at > now()) then
        raise exception 'session_required: only a person who logged in decides' using errcode = 'GV000';
    end if;
    select * into r from public.approval_request where id = p_request for no key update;
    if not found then
        raise exception 'not_found: there is no such approval' using errcode = 'GV000';
    end if;
    if not public.approval_voter(p_voter) then
        raise exception 'forbidden: this is not yours to decide' using errcode = 'GV000';
    end if;
    if p_voter = r.requester or p_voter is not distinct from r.beneficiary then
        raise exception 'self_confirmation: somebody else has to decide' using errcode = 'GV000';
    end if;
    if not public.approval_apart(p_voter, r.requester) then
        raise exception 'not_apart: a link joins the passwords of who asked and who decides' using errcode = 'GV000';
    end if;
    if r.state = 'expired' or (r.state in ('waiting', 'approved') and r.expires_at <= now()) then
        raise exception 'expired: it ended at %', r.expires_at using errcode = 'GV000';
    end if;
    if r.state = 'approved' and p_approve then
        return 'approved';
    end if;
    if r.state <> 'waiting' then
        raise exception 'already_decided: this is %', r.state using errcode = 'GV000';
    end if;
    insert into public.approval_vote (request_id, voter, approve, comment)
    values (p_request, p_voter, p_approve, p_comment)
    on conflict on constraint approval_vote_pk do nothing;
    if not found then
        raise exception 'already_decided: you voted before' using errcode = 'GV000';
    end if;
    r.state := case when not p_approve then 'rejected' when public.approval_votes(r) >= r.need then 'approved' else 'waiting' end;
    update public.approval_request
    set state = r.state, decided_at = case when r.state <> 'waiting' then now() end
    where id = p_request;
    perform public.audit_add(null, p_voter, 'user', 'money',
        case when p_approve then 'approval.approved' else 'approval.rejected' end, 'approval', p_request::text,
        jsonb_strip_nulls(jsonb_build_object('state', r.state, 'comment', p_comment)));
    return r.state;
end
$$;
comment on function public.approval_vote_add(uuid, uuid, bytea, boolean, text) is
    'a person''s vote within 72 hours: not the requester, nobody joined with him by a reset link, not the beneficiary, with a session; one rejection ends it';

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
    if r.state <> 'approved' or public.approval_votes(r) < r.need then
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
comment on function public.approval_claim(uuid, text, text) is
    'use an approval for its act, once, within its 72 hours, in the act''s transaction; who voted must still be allowed to, and be somebody else';
