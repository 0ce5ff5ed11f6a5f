-- What a refund ends. It cut every period that ran on today, whoever had paid it, and left the day from which periods are counted:
-- the next renewal then bought up to a period more than its price. Now it ends the period of its own order, from today or
-- before it began; what other orders had paid behind it never begins, and is credit as it is everywhere else; the rest
-- of the subscription is as it was before that order, and its periods are counted from the cut. A refund of what will never
-- be earned leaves the deferred revenue, too.

create index ledger_txn_unearned on public.ledger_txn (ref) where kind = 'unearned';

create function public.order_unearned(p_order uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders;
    q public.subscription_period;
    v_net bigint;
begin
    select * into o from public.orders where id = p_order;
    select * into q from public.subscription_period where order_id = o.id;
    -- A period that has begun is earned to the day it was cut; what is refunded of it stays in REFUNDS, against it.
    if o.kind = 'quota' or o.refunded_minor = 0
        or (q.order_id is null and o.state <> 'refunded')
        or (q.order_id is not null and (q.closed_date is distinct from q.start_date or q.closed_by is distinct from o.id)) then
        return;
    end if;
    v_net := o.refunded_minor - (o.tax_minor::numeric * o.refunded_minor / o.amount_minor)::bigint - (
        select coalesce(sum(e.amount_minor), 0)
        from public.ledger_txn t
        join public.ledger_entry e on e.txn = t.id and e.account = 'DEFERRED_REVENUE'
        where t.kind = 'unearned' and t.ref = o.id::text);
    perform public.ledger_post('unearned:' || o.id || ':' || o.refunded_minor, 'unearned', o.id::text,
        array['DEFERRED_REVENUE', 'REFUNDS'], array[v_net, -v_net], o.currency);
end
$$;
comment on function public.order_unearned(uuid) is
    'Dr deferred, Cr refunds: what was given back of an order that bought no period, or one that never begins, is never earned';

create function public.upgrade_repriced(o public.orders, p_period integer, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    u public.orders;
begin
    for u in
        select * from public.orders x
        where x.subscription_id = o.subscription_id
            and x.kind = 'upgrade'
            and x.state in ('draft', 'pending_payment', 'payment_reported')
            and (x.price_snapshot ->> 'credit_period')::integer >= p_period
        order by x.id
        for no key update
    loop
        perform public.order_move(u, 'cancelled', 'cancelled', p_actor,
            jsonb_build_object('comment', 'the period it was priced by was refunded: order ' || o.no));
        if u.state <> 'draft' then
            perform public.ledger_reverse('invoice-reversal:' || u.id, 'invoice:' || u.id);
        end if;
    end loop;
end
$$;
comment on function public.upgrade_repriced(public.orders, integer, uuid) is
    'a period was refunded: changes of edition that were priced by its rest, and that nobody paid, are cancelled';

-- The caller has locked the subscription.
create function public.subscription_cut(o public.orders, q public.subscription_period, p_day date, p_at timestamptz) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v public.subscription_period;
    l public.subscription_period; -- the last one that is left
    v_day date := greatest(q.start_date, p_day);
    v_at timestamptz := case when q.start_date < p_day then p_at else q.start_at end;
    v_removed integer := 0;
    v_counted boolean;
    v_limits jsonb;
begin
    select * into s from public.subscription where id = q.subscription_id;
    for v in
        update public.subscription_period
        set closed_date = greatest(start_date, v_day), closed_by = o.id
        where subscription_id = s.id and n >= q.n and closed_date is null
        returning *
    loop
        v_removed := v_removed + 1;
        if v.n > q.n and v.amount_minor > 0 then
            perform public.period_voided(o, v);
        end if;
    end loop;
    select * into l
    from public.subscription_period p
    where p.subscription_id = s.id and p.n <= q.n and p.closed_date is distinct from p.start_date
    order by p.n desc
    limit 1;
    -- Cut where it was to begin: the days of a month are counted as if it had never been ordered.
    v_counted := l.n < q.n and l.end_date = v_day and l.closed_date is null and s.anchor_no + v_removed <= s.period_no;
    update public.subscription
    set paid_until_date = v_day, paid_until_at = v_at,
        anchor_date = case when coalesce(v_counted, false) then anchor_date else v_day end,
        anchor_no = case when coalesce(v_counted, false) then anchor_no + v_removed else period_no + 1 end,
        edition_version = coalesce(l.edition_version, edition_version),
        paid_from_at = coalesce(greatest(l.start_at, (
            select min(e.at) from public.order_event e where e.order_id = l.order_id and e.to_state = 'active')), paid_from_at),
        -- its trigger sets the slots of the edition
        period_no = period_no
    where id = s.id;
    perform public.subscription_touch(s.id);
    if s.tenant_id is not null and l.edition_version <> s.edition_version then
        select limits into v_limits from public.edition_version where id = l.edition_version;
        update public.tenant
        set concurrency_limit = coalesce((v_limits ->> 'concurrency')::integer, concurrency_limit),
            store_quota_bytes = coalesce((v_limits ->> 'store_bytes')::bigint, store_quota_bytes)
        where id = s.tenant_id;
    end if;
end
$$;
comment on function public.subscription_cut(public.orders, public.subscription_period, date, timestamptz) is
    'a refund ends the period its order bought, on this day or before it begins; what was paid behind it is credit; periods are counted from there';

create or replace function public.order_refund(
    p_order uuid, p_id uuid, p_amount bigint, p_reference text, p_reason text, p_choice text, p_cut_date date,
    p_cut_at timestamptz, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders := public.order_lock(p_order);
    q public.subscription_period;
    p record;
    v_other date;
    v_left bigint := p_amount;
    v_part bigint;
    v_tax bigint;
    v_accounts text[] := '{}';
    v_amounts bigint[] := '{}';
begin
    if exists (select from public.payment_return r where r.id = p_id) then
        -- The same refund, or another one under its name: that would be told it was done.
        perform public.gov_must((
            select sum(r.amount_minor) = p_amount and min(a2.params ->> 'choice') is not distinct from p_choice
            from public.payment_application a
            join public.payment_return r on r.payment_id = a.payment_id and r.reference = p_reference and r.order_id = o.id
            left join public.approval_request a2 on a2.id = r.approval_id
            where a.order_id = o.id), 'idempotency_mismatch');
        return public.order_json(o.id);
    end if;
    if o.state not in ('paid', 'activating', 'active', 'activation_failed') then
        perform public.order_refuse(o, 'refund');
    end if;
    if p_amount <= 0 or o.refunded_minor + p_amount > o.amount_minor then
        raise exception 'conflict: more than was paid and not refunded' using errcode = 'GV000';
    end if;
    if public.order_voided(o.id) then
        raise exception 'conflict: its period never began, and its money is the credit of its customer' using errcode = 'GV000';
    end if;
    select * into q from public.subscription_period where order_id = o.id;
    if p_choice = 'shorten' and coalesce(q.closed_date, q.end_date) is not null
        and (q.closed_date is not null or q.end_date <= p_cut_date) then
        raise exception 'conflict: its period has ended on %', coalesce(q.closed_date, q.end_date) using errcode = 'GV000';
    end if;
    select coalesce(x.closed_date, x.end_date) into v_other
    from public.subscription_period x
    where x.subscription_id = o.subscription_id and x.order_id <> o.id and x.start_date <= p_cut_date
        and coalesce(x.closed_date, x.end_date) > p_cut_date;
    if p_choice = 'shutdown' and v_other is not null then
        raise exception 'conflict: another order has paid for today, until %', v_other using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'order.refund', p_digest);
    -- From where it came, the largest first, and from none more than it brought.
    for p in
        select b.id, b.method, a.amount_minor - coalesce((
                select sum(r.amount_minor) from public.payment_return r
                where r.payment_id = b.id and r.order_id = o.id), 0) as remains
        from public.payment_application a
        join public.payment b on b.id = a.payment_id
        where a.order_id = o.id
        order by a.amount_minor desc, b.id
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
    perform public.order_move(o, case when o.refunded_minor + p_amount = o.amount_minor then 'refunded' else o.state end,
        case when o.refunded_minor + p_amount = o.amount_minor then 'refunded' else 'refunded_in_part' end, p_actor,
        jsonb_build_object('amount_minor', p_amount, 'choice', p_choice));
    update public.finance_task set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'refunded'
    where kind in ('activation_failed', 'order_time_failed') and ref = o.id::text and done_at is null
        and o.refunded_minor + p_amount = o.amount_minor;
    update public.quota_grant set to_at = now() where order_id = o.id and o.refunded_minor + p_amount = o.amount_minor;
    if q.order_id is not null then
        perform public.upgrade_repriced(o, q.n, p_actor);
        if p_choice <> 'keep' and q.closed_date is null and q.end_date > p_cut_date then
            perform public.subscription_cut(o, q, p_cut_date, p_cut_at);
        end if;
    end if;
    perform public.order_unearned(o.id);
    if p_choice = 'shutdown' and o.subscription_id is not null then
        perform public.subscription_shut(o.subscription_id, 'refund', o.id::text, p_actor);
    end if;
    return public.order_json(o.id);
end
$$;
comment on function public.order_refund(uuid, uuid, bigint, text, text, text, date, timestamptz, uuid, uuid, text) is
    'O10: give money back, with somebody else''s approval, to the payments it came from, largest first; what becomes of the period it bought is said: keep, shorten, shutdown';

create or replace function public.revenue_lines(p_through date) returns table (
    order_id uuid, subscription_id uuid, period_no integer, paid_on date, start_date date, end_date date,
    net_minor bigint, moved_minor bigint, recognised_minor bigint, deferred_minor bigint, currency text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p record;
    v_zone text := public.platform_zone();
    v_last uuid;
    v_base bigint;
    v_days integer;
    v_carry jsonb := '{}'; -- order -> what it took over from the period it ended
begin
    for p in
        select o.id, o.kind, o.amount_minor - o.tax_minor as net, o.currency, e.on_day, q.subscription_id as sub, q.n,
            q.start_date as first, q.end_date as last, q.closed_date as cut, q.closed_by,
            (e2.at at time zone v_zone)::date as cut_on,
            c.order_id is not null as taken_over,
            (select t.posted_on from public.ledger_txn t where t.idem_key = 'void:' || o.id) as voided_on,
            (
                select coalesce(sum(y.amount_minor), 0)::bigint
                from public.ledger_txn t
                join public.ledger_entry y on y.txn = t.id and y.account = 'DEFERRED_REVENUE'
                where t.kind = 'unearned' and t.ref = o.id::text and t.posted_on <= p_through) as unearned
        from public.orders o
        cross join lateral (
            select (min(x.at) at time zone v_zone)::date as on_day
            from public.order_event x where x.order_id = o.id and x.to_state = 'paid') e
        left join public.subscription_period q on q.order_id = o.id
        left join public.subscription_period c on c.order_id = q.closed_by and c.subscription_id = q.subscription_id and c.n > q.n
        left join lateral (
            select min(x.at) as at from public.order_event x where x.order_id = c.order_id and x.to_state = 'paid') e2 on true
        where e.on_day <= p_through
        order by q.subscription_id, q.n, o.id
    loop
        if p.sub is distinct from v_last then
            v_last := p.sub;
            v_carry := '{}';
        end if;
        order_id := p.id;
        subscription_id := p.sub;
        period_no := p.n;
        paid_on := p.on_day;
        start_date := p.first;
        end_date := case when p.cut <= p_through and (not p.taken_over or p.cut_on <= p_through) then p.cut else p.last end;
        net_minor := p.net;
        currency := p.currency;
        moved_minor := coalesce((v_carry ->> p.id::text)::bigint, 0);
        v_base := p.net + moved_minor;
        if p.n is null then
            recognised_minor := case when p.kind = 'quota' then v_base else 0 end;
            moved_minor := moved_minor - p.unearned;
        elsif p.taken_over and p.cut_on <= p_through then
            -- A period that never began was given back as the customer's credit (period_voided), or its price was taken
            -- off the one that took its place on the same day: then all of it moves there.
            v_days := p.cut - p.first;
            if v_days = 0 then
                recognised_minor := 0;
                v_carry := jsonb_set(v_carry, array[p.closed_by::text],
                    to_jsonb(coalesce((v_carry ->> p.closed_by::text)::bigint, 0)
                        + case when p.voided_on is not null then moved_minor else v_base end));
            else
                v_days := least(v_days, greatest(p_through + 1 - p.first, 0));
                recognised_minor := round(v_base::numeric * v_days / (p.last - p.first));
                v_carry := jsonb_set(v_carry, array[p.closed_by::text], to_jsonb(
                    coalesce((v_carry ->> p.closed_by::text)::bigint, 0)
                        + v_base - round(v_base::numeric * (p.cut - p.first) / (p.last - p.first))::bigint));
            end if;
            moved_minor := moved_minor
                - (v_base - case when p.cut > p.first then round(v_base::numeric * (p.cut - p.first) / (p.last - p.first)) else 0 end)::bigint;
        elsif not p.taken_over and p.voided_on <= p_through then
            -- It was paid ahead behind one that a refund ended: the money is the customer's credit.
            recognised_minor := 0;
            moved_minor := moved_minor - v_base;
        elsif p.unearned > 0 then
            -- A refund ended it before it began; what was not given back is nobody's any more but ours.
            recognised_minor := v_base - p.unearned;
            moved_minor := moved_minor - p.unearned;
        elsif not p.taken_over and p.cut <= p_through then
            -- A refund cut it short: nothing more is owed for it (the refund itself is in REFUNDS).
            recognised_minor := v_base;
        else
            v_days := least(greatest(p_through + 1 - p.first, 0), p.last - p.first);
            recognised_minor := round(v_base::numeric * v_days / (p.last - p.first));
        end if;
        deferred_minor := net_minor + moved_minor - recognised_minor;
        return next;
    end loop;
end
$$;

-- As they would stand: orders that were given back before they bought anything, and subscriptions that a refund cut short and that
-- were not renewed since.
select public.order_unearned(o.id)
from public.orders o
where o.state = 'refunded'
    and o.kind <> 'quota'
    and not exists (select from public.subscription_period p where p.order_id = o.id);

update public.subscription s
set anchor_date = s.paid_until_date, anchor_no = s.period_no + 1, version = s.version + 1
from public.subscription_period p
where p.subscription_id = s.id
    and p.n = s.period_no
    and p.closed_by = p.order_id
    and p.closed_date = s.paid_until_date;
