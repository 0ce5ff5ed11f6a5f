-- An order is settled by payments: by none of them nothing is. A list without an entry made one order active for nothing, and the customer was
-- owed its price besides. What is more together than a number holds is refused like other payments that are not needed.

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
    v_count integer;
    v_total numeric;
    v_least numeric;
    v_alone numeric;
    v_limit bigint;
    v_judged text;
begin
    -- A sum of nothing is null, and null is less than no price.
    if coalesce(cardinality(p_payments), 0) = 0 then
        raise exception 'invalid_input: an order is settled by payments, and none is named' using errcode = 'GV000';
    end if;
    perform public.gov_must(o.version = p_order_version, 'stale');
    perform from public.payment where id = any (p_payments) order by id for no key update;
    -- What is there of each: all of one that settled nothing, what is left of one that settled another order of this customer. And
    -- of it what one person alone said had come: together it is what order_settle asks about for a single payment.
    select count(*), sum(a.minor), min(a.minor), coalesce(sum(a.minor) filter (where p.provider like 'manual:%' and p.approval_id is null), 0)
    into v_count, v_total, v_least, v_alone
    from public.payment p
    cross join lateral (select coalesce(public.payment_credit(p.id), p.amount_minor) as minor) a
    where p.id = any (p_payments)
        and p.currency = o.currency
        and a.minor > 0
        and not exists (
            select from public.payment_application x
            join public.orders y on y.id = x.order_id
            where x.payment_id = p.id and y.customer_id <> o.customer_id)
        and (exists (select from public.payment_application x where x.payment_id = p.id)
            or not exists (select from public.payment_return r where r.payment_id = p.id));
    if v_count <> cardinality(p_payments) then
        raise exception 'conflict: of a payment nothing is left, or it is unknown, of another currency, or the credit of another customer'
            using errcode = 'GV000';
    end if;
    v_judged := public.payment_judge(o, least(v_total, 9223372036854775807)::bigint, o.currency);
    if v_judged is distinct from 'settled' then
        raise exception 'conflict: this does not settle the order: %', v_judged using errcode = 'GV000';
    end if;
    if v_total - v_least >= o.amount_minor then
        raise exception 'conflict: the order is settled without one of these payments; leave it out' using errcode = 'GV000';
    end if;
    select (value ->> o.currency)::bigint into v_limit
    from public.platform_setting where key = 'four_eyes_min';
    if v_alone > 0 and (v_limit is null or v_alone >= v_limit) then
        perform public.approval_claim(p_approval, 'payment.apply', p_digest);
    end if;
    perform public.order_pay(o, p_payments, 'UNAPPLIED', p_actor, p_version, p_no, p_start, p_end, p_start_at,
        p_end_at, p_anchor, p_anchor_no);
    -- What asked for a decision about this money is answered, but for what is still left of it as credit.
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'applied'
    where f.done_at is null
        and ((f.payment_id = any (p_payments) and (f.kind <> 'payment_overpaid' or public.payment_credit(f.payment_id) = 0)
                and f.kind <> 'payment_disputed')
            or (f.kind = 'period_voided'
                and f.order_id in (select a.order_id from public.payment_application a where a.payment_id = any (p_payments))
                and not exists (
                    select from public.payment_application a
                    where a.order_id = f.order_id and public.payment_credit(a.payment_id) > 0)));
    return jsonb_build_object('result', 'settled', 'order', public.order_json(o.id));
end
$$;
