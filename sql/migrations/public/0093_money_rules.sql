-- How many eyes money needs: from which sum on in each currency, how many for each act, and how many shutdowns at once stop a scan.
-- It was a row that nobody could change without the database; a change is an act that somebody else approves. And whoever owns the
-- tenant that an act is about, or gets its bills, does not decide over it.

insert into public.platform_setting (key, value) values ('approvals_needed', '{}');

create function public.approval_benefits(p_user uuid, p_params jsonb) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with named (kind, id) as (
        select k.key, k.value::uuid
        from jsonb_each_text(p_params) k
        where k.key in ('order', 'payment', 'subscription', 'tenant')
            and k.value ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    ), about (customer, tenant) as (
        select o.customer_id, coalesce(o.tenant_id, s.tenant_id)
        from named n
        left join public.payment p on n.kind = 'payment' and p.id = n.id
        join public.orders o on o.id = case n.kind when 'order' then n.id when 'payment' then p.claimed_order end
        left join public.subscription s on s.id = o.subscription_id
        union all
        select s.customer_id, s.tenant_id
        from named n
        join public.subscription s on (n.kind = 'subscription' and s.id = n.id) or (n.kind = 'tenant' and s.tenant_id = n.id)
    )
    select exists (
        select from about a
        where exists (
                select from public.membership m
                where m.tenant_id = a.tenant and m.user_id = p_user and m.role = 'owner')
            or exists (
                select from public.customer_contact k
                join public.app_user u on lower(u.email) = lower(k.endpoint)
                where k.customer_id = a.customer and k.channel = 'email' and u.id = p_user));
end;
comment on function public.approval_benefits(uuid, jsonb) is
    'is the act about a tenant that this person owns, or a customer whose bills he gets?';

-- Different people who may decide over it: who made the links of two of them is counted once for both.
create function public.approval_eyes(p_requester uuid, p_beneficiary uuid, p_params jsonb) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select count(distinct coalesce(u.password_set_by, u.id))::integer
    from public.app_user u
    where exists (select from public.platform_role r where r.user_id = u.id)
        and public.approval_voter(u.id)
        and u.id is distinct from p_beneficiary
        and public.approval_apart(u.id, p_requester)
        and not public.approval_benefits(u.id, p_params));
comment on function public.approval_eyes(uuid, uuid, jsonb) is 'how many different people could approve of an act';

create or replace function public.approval_votes(r public.approval_request) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select count(distinct coalesce(u.password_set_by, u.id))::integer
    from public.approval_vote v
    join public.app_user u on u.id = v.voter
    where v.request_id = r.id
        and v.approve
        and public.approval_voter(v.voter)
        and public.approval_apart(v.voter, r.requester)
        and not public.approval_benefits(v.voter, r.params));

create or replace function public.approval_open(
    p_id uuid, p_action text, p_params jsonb, p_digest text, p_reason text, p_requester uuid,
    p_beneficiary uuid) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
    v_need smallint;
begin
    select coalesce((select (s.value ->> p_action)::smallint from public.platform_setting s where s.key = 'approvals_needed'), 1) into v_need;
    if public.approval_eyes(p_requester, p_beneficiary, p_params) < v_need then
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
    insert into public.approval_request (id, action, params, params_digest, reason, requester, beneficiary, need)
    values (p_id, p_action, p_params, p_digest, p_reason, p_requester, p_beneficiary, v_need)
    on conflict (action, params_digest) where state in ('waiting', 'approved') do nothing
    returning id into v_id;
    if v_id is null then
        select r.id into v_id from public.approval_request r
        where r.action = p_action and r.params_digest = p_digest and r.state in ('waiting', 'approved');
        return v_id;
    end if;
    perform public.audit_add(null, p_requester, 'user', 'money', 'approval.requested', 'approval', v_id::text,
        jsonb_build_object('action', p_action, 'params', p_params, 'reason', p_reason, 'need', v_need));
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
    if public.approval_benefits(p_voter, r.params) then
        raise exception 'self_confirmation: it is about a customer of his own' using errcode = 'GV000';
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

create or replace function public.approval_tell() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid := case when new.params ->> 'order' ~ '^[0-9a-f-]{36}$' then (new.params ->> 'order')::uuid end;
    v_payload jsonb := jsonb_strip_nulls(jsonb_build_object(
        'approval', new.id, 'action', new.action, 'reason', new.reason,
        'requester', (select u.name from public.app_user u where u.id = new.requester),
        'expires_at', public.utc_text(new.expires_at), 'path', '/v1/platform/approvals',
        'amount_minor', case when jsonb_typeof(new.params -> 'amount_minor') = 'number' then new.params -> 'amount_minor' end,
        'currency', coalesce(new.params ->> 'currency', (select o.currency from public.orders o where o.id = v_order)),
        'order_no', (select o.no from public.orders o where o.id = v_order)));
begin
    if new.state = 'waiting' then
        perform public.person_notify(r.user_id, null, 'approval:' || new.id || ':waiting', 'approval.waiting', v_payload, false,
            new.expires_at)
        from (select distinct x.user_id from public.platform_role x) r
        where public.approval_voter(r.user_id)
            and r.user_id is distinct from new.beneficiary
            and public.approval_apart(r.user_id, new.requester)
            and not public.approval_benefits(r.user_id, new.params);
    else
        perform public.person_notify(new.requester, null, 'approval:' || new.id || ':decided', 'approval.decided',
            v_payload || jsonb_build_object('variant', new.state) || coalesce((
                select jsonb_strip_nulls(jsonb_build_object('by', u.name, 'comment', v.comment))
                from public.approval_vote v
                join public.app_user u on u.id = v.voter
                where v.request_id = new.id
                order by v.at desc
                limit 1), '{}'), false, null);
    end if;
    return null;
end
$$;

create function public.money_rules_json() returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'four_eyes_min', (select coalesce(jsonb_agg(jsonb_build_object('currency', e.key, 'amount_minor', e.value) order by e.key), '[]')
            from jsonb_each(coalesce(max(s.value::text) filter (where s.key = 'four_eyes_min'), '{}')::jsonb) e),
        'approvals_needed', coalesce(max(s.value::text) filter (where s.key = 'approvals_needed'), '{}')::jsonb,
        'brake', '{"least": 50, "percent": 2}' || coalesce(max(s.value::text) filter (where s.key = 'brake'), '{}')::jsonb)
    from public.platform_setting s);
comment on function public.money_rules_json() is 'the rules of money as the API shows them (MoneyRules)';

create function public.money_rule_set(
    p_name text, p_key text, p_value bigint, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_before jsonb;
begin
    perform public.gov_must(p_name in ('four_eyes_min', 'approvals_needed', 'brake'), 'invalid_input');
    -- More than there are people would keep even this from being taken back.
    if p_name = 'approvals_needed' and public.approval_eyes(p_actor, null, '{}') < p_value then
        raise exception 'conflict: fewer people may decide: %', public.approval_eyes(p_actor, null, '{}') using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'money.rule', p_digest);
    select s.value -> p_key into v_before from public.platform_setting s where s.key = p_name for no key update;
    update public.platform_setting
    set value = case when p_value is null then value - p_key else value || jsonb_build_object(p_key, p_value) end
    where key = p_name;
    perform public.audit_add(null, p_actor, 'user', 'money', 'money_rule.set', 'money_rule', p_name || '/' || p_key,
        jsonb_build_object('before', v_before, 'after', p_value));
    return public.money_rules_json();
end
$$;
comment on function public.money_rule_set(text, text, bigint, uuid, uuid, text) is
    'change a rule of money, null: take it away; with somebody else''s approval';
grant execute on function public.money_rules_json(), public.money_rule_set(text, text, bigint, uuid, uuid, text) to execgov_platform;
