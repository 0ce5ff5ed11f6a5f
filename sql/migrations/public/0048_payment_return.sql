-- Money that settled nothing (too little, too late, for an order nobody knows) goes back whole.

create function public.payment_give_back(
    p_payment uuid, p_id uuid, p_reference text, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    p public.payment;
begin
    select * into p from public.payment where id = p_payment for no key update;
    if not found then
        raise exception 'not_found: there is no such payment' using errcode = 'GV000';
    end if;
    if not exists (select from public.payment_return r where r.id = p_id) then
        if exists (select from public.payment_application a where a.payment_id = p.id) then
            raise exception 'conflict: this payment has settled an order; the order is refunded' using errcode = 'GV000';
        end if;
        if exists (select from public.payment_return r where r.payment_id = p.id) then
            raise exception 'conflict: this payment was given back' using errcode = 'GV000';
        end if;
        perform public.approval_claim(p_approval, 'payment.return', p_digest);
        insert into public.payment_return (id, payment_id, amount_minor, reference, reason, approval_id, recorded_by, recorded_at)
        values (p_id, p.id, p.amount_minor, p_reference, p_reason, p_approval, p_actor, public.lifecycle_now());
        perform public.ledger_post('return:' || p_id, 'return', p.id::text, array['UNAPPLIED', 'CASH:' || p.method],
            array[p.amount_minor, -p.amount_minor], p.currency);
        update public.finance_task
        set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'given back: ' || p_reference
        where payment_id = p.id and done_at is null;
        perform public.audit_add(null, p_actor, 'user', 'money', 'payment.returned', 'payment', p.id::text,
            jsonb_build_object('amount_minor', p.amount_minor, 'currency', p.currency, 'reference', p_reference, 'reason', p_reason));
    end if;
    return jsonb_build_object('payment_id', p.id, 'state', 'returned', 'reference', p_reference,
        'amount', jsonb_build_object('amount_minor', p.amount_minor, 'currency', p.currency));
end
$$;
comment on function public.payment_give_back(uuid, uuid, text, text, uuid, uuid, text) is
    'give money back that settled nothing, all of it, with somebody else''s approval; its task is done with it';
grant execute on function public.payment_give_back(uuid, uuid, text, text, uuid, uuid, text) to execgov_platform;
