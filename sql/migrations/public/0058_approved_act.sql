-- An act that somebody else approved is in the audit with both: who asked for it is its actor, who approved stands in the
-- detail of every row the act writes. And what a payment brought beyond its order goes back like any other money.

alter table public.approval_request add column executed_in xid8 null;
create index approval_request_executed on public.approval_request (executed_in) where executed_in is not null;
comment on column public.approval_request.executed_in is 'the transaction that carried it out: its audit rows name who approved';

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
    if r.state <> 'approved'
        or (select count(*) from public.approval_vote v
            where v.request_id = p_request and v.approve and public.approval_voter(v.voter)) < r.need then
        raise exception 'confirmation_required: the approval does not hold' using errcode = 'GV000';
    end if;
    update public.approval_request
    set state = 'executed', executed_at = now(), executed_in = pg_current_xact_id()
    where id = p_request;
end
$$;

create function public.approval_of_this_act() returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    -- The moment too: a restored database counts its transactions anew.
    select jsonb_build_object('approval', r.id, 'approved_by', jsonb_agg(u.email order by v.at, u.id))
    from public.approval_request r
    join public.approval_vote v on v.request_id = r.id and v.approve
    join public.app_user u on u.id = v.voter
    where r.executed_in = pg_current_xact_id_if_assigned()
        and r.executed_at = now()
    group by r.id
    limit 1);
comment on function public.approval_of_this_act() is
    '{approval, approved_by} where this transaction carries out what was approved, else null';

create or replace function public.audit_add(
    p_tenant uuid, p_actor uuid, p_actor_kind text, p_kind text, p_action text,
    p_subject_kind text, p_subject text, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema text;
    v_detail jsonb := coalesce(p_detail, '{}');
begin
    if p_kind in ('money', 'billing') then
        v_detail := v_detail || coalesce(public.approval_of_this_act(), '{}');
    end if;
    -- Of a tenant whose schema was dropped nothing is left but the platform's own audit.
    select schema into v_schema from public.tenant where id = p_tenant and state <> 'terminated';
    if v_schema is null then
        insert into public.platform_audit
            (actor, actor_kind, kind, action, subject_kind, subject, detail, tenant_id)
        values (p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject, v_detail,
            (select t.id from public.tenant t where t.id = p_tenant));
        return;
    end if;
    execute format('insert into %I.audit_event '
                   '(actor, actor_kind, kind, action, subject_kind, subject, detail) '
                   'values ($1, $2, $3, $4, $5, $6, $7)', v_schema)
        using p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject, v_detail;
end
$$;

-- What is left of a payment as its customer's credit: more came than its order cost, and it has not gone back.
create function public.payment_credit(p_payment uuid) returns bigint
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select p.amount_minor - a.applied - coalesce((
        select sum(r.amount_minor) from public.payment_return r where r.payment_id = p.id and r.order_id is null), 0)
    from public.payment p
    cross join lateral (
        select sum(x.amount_minor) as applied from public.payment_application x where x.payment_id = p.id) a
    where p.id = p_payment and a.applied is not null);
comment on function public.payment_credit(uuid) is
    'what a payment that settled an order brought beyond it, less what of that went back; null: it settled nothing';
grant execute on function public.payment_credit(uuid) to execgov_platform;

create or replace function public.payment_give_back(
    p_payment uuid, p_id uuid, p_reference text, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    p public.payment;
    v_credit bigint;
    v_amount bigint;
    v_account text := 'UNAPPLIED';
begin
    select * into p from public.payment where id = p_payment for no key update;
    if not found then
        raise exception 'not_found: there is no such payment' using errcode = 'GV000';
    end if;
    select r.amount_minor into v_amount from public.payment_return r where r.id = p_id;
    if not found then
        v_credit := public.payment_credit(p.id);
        v_amount := coalesce(v_credit, p.amount_minor);
        if v_credit = 0 then
            raise exception 'conflict: this payment has settled an order; the order is refunded' using errcode = 'GV000';
        end if;
        if v_credit is null and exists (select from public.payment_return r where r.payment_id = p.id) then
            raise exception 'conflict: this payment was given back' using errcode = 'GV000';
        end if;
        if v_credit is not null then
            select 'CUSTOMER_CREDIT:' || o.customer_id into v_account
            from public.payment_application a
            join public.orders o on o.id = a.order_id
            where a.payment_id = p.id
            limit 1;
        end if;
        perform public.approval_claim(p_approval, 'payment.return', p_digest);
        insert into public.payment_return (id, payment_id, amount_minor, reference, reason, approval_id, recorded_by, recorded_at)
        values (p_id, p.id, v_amount, p_reference, p_reason, p_approval, p_actor, public.lifecycle_now());
        perform public.ledger_post('return:' || p_id, 'return', p.id::text, array[v_account, 'CASH:' || p.method],
            array[v_amount, -v_amount], p.currency);
        update public.finance_task
        set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'given back: ' || p_reference
        where payment_id = p.id and done_at is null;
        perform public.audit_add(null, p_actor, 'user', 'money', 'payment.returned', 'payment', p.id::text,
            jsonb_build_object('amount_minor', v_amount, 'currency', p.currency, 'reference', p_reference, 'reason', p_reason,
                'of', case when v_credit is null then 'payment' else 'credit' end));
    end if;
    return jsonb_build_object('payment_id', p.id, 'state', 'returned', 'reference', p_reference,
        'amount', jsonb_build_object('amount_minor', v_amount, 'currency', p.currency));
end
$$;
comment on function public.payment_give_back(uuid, uuid, text, text, uuid, uuid, text) is
    'give money back that settled nothing: all of a payment, or what it brought beyond its order; with somebody else''s approval';
