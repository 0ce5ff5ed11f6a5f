-- A payment that an order does not need is not applied to it. It had no part in the order and was still counted into
-- the customer's credit, and could be applied a second time.

create or replace function public.payment_apply(
    p_payments uuid[], p_order uuid, p_order_version integer, p_actor uuid, p_version integer, p_no integer,
    p_start date, p_end date, p_start_at timestamptz, p_end_at timestamptz, p_anchor date,
    p_anchor_no integer, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    v_total bigint;
    v_least bigint;
    v_alone bigint;
    v_limit bigint;
begin
    perform public.gov_must(o.version = p_order_version, 'stale');
    perform from public.payment where id = any (p_payments) order by id for no key update;
    select sum(p.amount_minor), min(p.amount_minor) into v_total, v_least
    from public.payment p
    where p.id = any (p_payments)
        and p.currency = o.currency
        and not exists (select from public.payment_application a where a.payment_id = p.id)
        and not exists (select from public.payment_return r where r.payment_id = p.id)
    having count(*) = cardinality(p_payments);
    if v_total is null then
        raise exception 'conflict: a payment is applied, returned, unknown, or of another currency' using errcode = 'GV000';
    end if;
    if public.payment_judge(o, v_total, o.currency) <> 'settled' then
        raise exception 'conflict: this does not settle the order: %', public.payment_judge(o, v_total, o.currency)
            using errcode = 'GV000';
    end if;
    if v_total - v_least >= o.amount_minor then
        raise exception 'conflict: the order is settled without one of these payments; leave it out' using errcode = 'GV000';
    end if;
    -- What one person said had come: together it is what order_settle asks about for a single payment.
    select coalesce(sum(p.amount_minor), 0) into v_alone
    from public.payment p
    where p.id = any (p_payments) and p.provider like 'manual:%' and p.approval_id is null;
    select (value ->> o.currency)::bigint into v_limit
    from public.platform_setting where key = 'four_eyes_min';
    if v_alone > 0 and (v_limit is null or v_alone >= v_limit) then
        perform public.approval_claim(p_approval, 'payment.apply', p_digest);
    end if;
    perform public.order_pay(o, p_payments, 'UNAPPLIED', p_actor, p_version, p_no, p_start, p_end, p_start_at,
        p_end_at, p_anchor, p_anchor_no);
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'applied'
    where payment_id = any (p_payments) and done_at is null;
    return jsonb_build_object('result', 'settled', 'order', public.order_json(o.id));
end
$$;
