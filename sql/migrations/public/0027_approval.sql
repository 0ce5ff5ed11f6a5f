-- Four eyes over money: a request binds the exact parameters of one act; others vote; the act claims it
-- once. Nobody's role bypasses it, and who voted must still be who he was when it is carried out.

create table public.approval_request (
    id uuid constraint approval_request_pk primary key,
    action text not null,
    params jsonb not null,
    params_digest text not null,
    reason text not null,
    requester uuid not null constraint approval_request_requester_exists references public.app_user,
    beneficiary uuid null,
    need smallint not null default 1 constraint approval_request_need_range check (need between 1 and 5),
    state text not null default 'waiting' constraint approval_request_state_known
        check (state in ('waiting', 'approved', 'rejected', 'expired', 'withdrawn', 'executed')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '72 hours',
    decided_at timestamptz null,
    executed_at timestamptz null
);
create index approval_request_open on public.approval_request (created_at) where state in ('waiting', 'approved');
create unique index approval_request_once on public.approval_request (action, params_digest)
    where state in ('waiting', 'approved');
comment on table public.approval_request is 'an act of the money side that waits for somebody else';
comment on column public.approval_request.params is 'the act''s parameters; carried out as they stand here';

create table public.approval_vote (
    request_id uuid not null constraint approval_vote_of references public.approval_request,
    voter uuid not null constraint approval_vote_voter_exists references public.app_user,
    approve boolean not null,
    comment text null,
    at timestamptz not null default now(),
    constraint approval_vote_pk primary key (request_id, voter)
);
comment on table public.approval_vote is 'one vote a person; rows are only added';
create trigger approval_vote_only_grows before update or delete on public.approval_vote
    for each row execute function public.fact_guard();

create function public.approval_voter(p_user uuid) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return exists (
    select from public.platform_role r
    join public.app_user u on u.id = r.user_id and u.state = 'active'
    where r.user_id = p_user and r.role in ('platform_admin', 'platform_finance'));
comment on function public.approval_voter(uuid) is 'may this person decide over money: platform_admin, platform_finance';

create function public.approval_open(
    p_id uuid, p_action text, p_params jsonb, p_digest text, p_reason text, p_requester uuid,
    p_beneficiary uuid) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    if not exists (select from public.platform_role r
                   where r.user_id <> p_requester and r.user_id is distinct from p_beneficiary
                       and public.approval_voter(r.user_id)) then
        raise exception 'no_eligible_approver: nobody else may decide over this' using errcode = 'GV000';
    end if;
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
comment on function public.approval_open(uuid, text, jsonb, text, text, uuid, uuid) is
    'ask for approval of exactly these parameters; the same again is the same request';

create function public.approval_vote_add(
    p_request uuid, p_voter uuid, p_session bytea, p_approve boolean, p_comment text) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    r public.approval_request;
    v_votes integer;
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
    if r.state = 'approved' and p_approve then
        return 'approved';
    end if;
    if r.state <> 'waiting' then
        raise exception 'already_decided: this is %', r.state using errcode = 'GV000';
    end if;
    if r.expires_at <= now() then
        update public.approval_request set state = 'expired', decided_at = now() where id = p_request;
        return 'expired';
    end if;
    insert into public.approval_vote (request_id, voter, approve, comment)
    values (p_request, p_voter, p_approve, p_comment)
    on conflict on constraint approval_vote_pk do nothing;
    if not found then
        raise exception 'already_decided: you voted before' using errcode = 'GV000';
    end if;
    select count(*) into v_votes from public.approval_vote v where v.request_id = p_request and v.approve;
    r.state := case when not p_approve then 'rejected' when v_votes >= r.need then 'approved' else 'waiting' end;
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
    'a person''s vote: not the requester, not the beneficiary, with a session; one rejection ends it';

create function public.approval_claim(p_request uuid, p_action text, p_digest text) returns void
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
    if r.state <> 'approved'
        or (select count(*) from public.approval_vote v
            where v.request_id = p_request and v.approve and public.approval_voter(v.voter)) < r.need then
        raise exception 'confirmation_required: the approval does not hold' using errcode = 'GV000';
    end if;
    update public.approval_request set state = 'executed', executed_at = now() where id = p_request;
end
$$;
comment on function public.approval_claim(uuid, text, text) is
    'use an approval for its act, once, in the act''s transaction; who voted must still be allowed to';

grant select on public.approval_request, public.approval_vote to execgov_platform, execgov_lifecycle;
grant execute on function public.approval_open(uuid, text, jsonb, text, text, uuid, uuid),
    public.approval_vote_add(uuid, uuid, bytea, boolean, text) to execgov_platform;
grant execute on function public.approval_voter(uuid) to execgov_platform;
