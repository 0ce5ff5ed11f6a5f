-- A refund goes back to the payments it came from. It was booked whole to the largest one, also above what that had brought; the
-- tax of each part was rounded alone, and a cent of it stayed owed; and another amount under a reference that was used was told
-- to be done.

create or replace function public.order_refund(
    p_order uuid, p_id uuid, p_amount bigint, p_reference text, p_reason text, p_choice text, p_cut_date date,
    p_cut_at timestamptz, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    p record;
    v_left bigint := p_amount;
    v_part bigint;
    v_tax bigint;
    v_accounts text[] := '{}';
    v_amounts bigint[] := '{}';
begin
    if exists (select from public.payment_return r where r.id = p_id) then
        -- The same refund, or another one under its name: that would be told it was done.
        perform public.gov_must((
            select sum(r.amount_minor) = p_amount and min(q.params ->> 'choice') is not distinct from p_choice
            from public.payment_application a
            join public.payment_return r on r.payment_id = a.payment_id and r.reference = p_reference and r.order_id = o.id
            left join public.approval_request q on q.id = r.approval_id
            where a.order_id = o.id), 'idempotency_mismatch');
        return public.order_json(o.id);
    end if;
    if o.state not in ('paid', 'activating', 'active', 'activation_failed') then
        perform public.order_refuse(o, 'refund');
    end if;
    if p_amount <= 0 or o.refunded_minor + p_amount > o.amount_minor then
        raise exception 'conflict: more than was paid and not refunded' using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'order.refund', p_digest);
    -- From where it came, the largest first, and from none more than it brought.
    for p in
        select q.id, q.method, a.amount_minor - coalesce((
                select sum(r.amount_minor) from public.payment_return r
                where r.payment_id = q.id and r.order_id = o.id), 0) as remains
        from public.payment_application a
        join public.payment q on q.id = a.payment_id
        where a.order_id = o.id
        order by a.amount_minor desc, q.id
    loop
        v_part := least(v_left, p.remains);
        continue when v_part <= 0;
        insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason, approval_id,
            recorded_by, recorded_at)
        values (case when v_left = p_amount then p_id else gen_random_uuid() end, p.id, o.id, v_part, p_reference, p_reason,
            p_approval, p_actor, public.lifecycle_now());
        v_accounts := v_accounts || ('CASH:' || p.method);
        v_amounts := v_amounts || -v_part;
        v_left := v_left - v_part;
    end loop;
    if v_left > 0 then
        raise exception 'conflict: more than its payments brought and did not go back' using errcode = 'GV000';
    end if;
    -- The tax of all that went back, less the tax of what had gone back before: the parts add up to the order's.
    v_tax := (o.tax_minor::numeric * (o.refunded_minor + p_amount) / o.amount_minor)::bigint
        - (o.tax_minor::numeric * o.refunded_minor / o.amount_minor)::bigint;
    perform public.ledger_post('refund:' || p_id, 'refund', o.id::text, array['REFUNDS', 'TAX_PAYABLE'] || v_accounts,
        array[p_amount - v_tax, v_tax] || v_amounts, o.currency);
    update public.orders set refunded_minor = refunded_minor + p_amount where id = o.id;
    if o.refunded_minor + p_amount = o.amount_minor then
        perform public.order_move(o, 'refunded', 'refunded', p_actor, jsonb_build_object('amount_minor', p_amount));
    else
        perform public.order_move(o, o.state, 'refunded_in_part', p_actor, jsonb_build_object('amount_minor', p_amount));
    end if;
    update public.quota_grant set to_at = now() where order_id = o.id and o.refunded_minor + p_amount = o.amount_minor;
    if p_choice = 'shutdown' and o.subscription_id is not null then
        perform public.subscription_shut(o.subscription_id, 'refund', o.id::text, p_actor);
    elsif p_choice = 'shorten' and o.subscription_id is not null then
        update public.subscription_period
        set closed_date = greatest(start_date, p_cut_date), closed_by = o.id
        where subscription_id = o.subscription_id and end_date > p_cut_date and closed_date is null;
        update public.subscription
        set paid_until_date = p_cut_date, paid_until_at = p_cut_at
        where id = o.subscription_id and paid_until_date > p_cut_date;
        perform public.subscription_touch(o.subscription_id);
    end if;
    return public.order_json(o.id);
end
$$;
comment on function public.order_refund(uuid, uuid, bigint, text, text, text, date, timestamptz, uuid, uuid, text) is
    'O10: give money back, with somebody else''s approval, to the payments it came from, largest first; what becomes of the subscription is said: keep, shorten, shutdown';
comment on table public.payment_return is 'money that went back; a refund of an order has a row for each payment it goes back to, under one reference';
