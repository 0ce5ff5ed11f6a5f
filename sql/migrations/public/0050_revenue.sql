-- What is earned when. Money that was paid for a period is earned by its civil days; what a change of edition
-- cuts off goes on in the period that took its place; what was bought once is earned the day it is paid.

create index ledger_txn_posted on public.ledger_txn (posted_on);
create index ledger_txn_ref on public.ledger_txn (ref) where kind = 'recognise';
create index order_event_paid on public.order_event (order_id, at) where to_state = 'paid';
create index payment_received on public.payment (received_at);

create function public.platform_zone() returns text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return coalesce((select value #>> '{}' from public.platform_setting where key = 'timezone'), 'UTC');
comment on function public.platform_zone() is 'the zone in which days of the ledger, of reports and of closings are counted';
grant execute on function public.platform_zone() to execgov_platform, execgov_lifecycle;

create function public.revenue_lines(p_through date) returns table (
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
            c.order_id is not null as taken_over
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
        elsif p.taken_over and p.cut_on <= p_through then
            -- A period that never began was given back as the customer's credit (period_voided).
            v_days := p.cut - p.first;
            if v_days = 0 then
                recognised_minor := 0;
                v_carry := jsonb_set(v_carry, array[p.closed_by::text],
                    to_jsonb(coalesce((v_carry ->> p.closed_by::text)::bigint, 0) + moved_minor));
            else
                v_days := least(v_days, greatest(p_through + 1 - p.first, 0));
                recognised_minor := round(v_base::numeric * v_days / (p.last - p.first));
                v_carry := jsonb_set(v_carry, array[p.closed_by::text], to_jsonb(
                    coalesce((v_carry ->> p.closed_by::text)::bigint, 0)
                        + v_base - round(v_base::numeric * (p.cut - p.first) / (p.last - p.first))::bigint));
            end if;
            moved_minor := moved_minor
                - (v_base - case when p.cut > p.first then round(v_base::numeric * (p.cut - p.first) / (p.last - p.first)) else 0 end)::bigint;
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
comment on function public.revenue_lines(date) is
    'every order that was paid by the end of a day, with what is earned of it by then: net = without tax; moved = taken over from, or handed on to, another period, or given back as credit; deferred = net + moved - recognised';
grant execute on function public.revenue_lines(date) to execgov_platform;

-- Closings. The table of months says what is closed now; this one keeps who closed and reopened, and why.
create table public.ledger_closing (
    id uuid constraint ledger_closing_pk primary key,
    month date not null constraint ledger_closing_month_first check (extract(day from month) = 1),
    act text not null constraint ledger_closing_act_known check (act in ('closed', 'reopened')),
    at timestamptz not null,
    actor uuid not null constraint ledger_closing_actor_exists references public.app_user,
    comment text null,
    checklist jsonb not null default '[]',
    accepted text[] not null default '{}',
    recognised jsonb not null default '[]',
    approval_id uuid null
);
create index ledger_closing_of on public.ledger_closing (month, at);
comment on table public.ledger_closing is 'months that were closed and reopened: by whom, with which checks open; rows are only added';
comment on column public.ledger_closing.accepted is 'checks that were open and closed over, by name';
comment on column public.ledger_closing.recognised is 'what the closing posted as earned: [{currency, orders, amount_minor}]';
create trigger ledger_closing_only_grows before update or delete on public.ledger_closing
    for each row execute function public.fact_guard();
create trigger ledger_closing_stays before truncate on public.ledger_closing
    for each statement execute function public.fact_guard();
grant select on public.ledger_closing to execgov_platform, execgov_lifecycle;

-- Whoever posts holds the month's lock with others, whoever closes it alone: no posting slips in behind a closing.
create function public.ledger_month_lock(p_month date) returns bigint
    language sql immutable
    set search_path = pg_catalog, pg_temp
return hashtextextended('ledger month ' || to_char(p_month::timestamp, 'YYYY-MM'), 0);
comment on function public.ledger_month_lock(date) is 'the advisory lock of a day''s month';

create function public.ledger_month_guard() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock_shared(public.ledger_month_lock(new.posted_on));
    if exists (select from public.ledger_month m
               where m.month = date_trunc('month', new.posted_on::timestamp)::date and m.reopened_at is null) then
        raise exception 'conflict: the month % is closed', to_char(new.posted_on::timestamp, 'YYYY-MM') using errcode = 'GV000';
    end if;
    return new;
end
$$;
comment on function public.ledger_month_guard() is 'no posting is dated in a closed month, whoever makes it';
create trigger ledger_txn_in_open_month before insert on public.ledger_txn
    for each row execute function public.ledger_month_guard();

create function public.ledger_post_on(
    p_on date, p_key text, p_kind text, p_ref text, p_accounts text[], p_amounts bigint[], p_currency text,
    p_reverses bigint default null) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_txn bigint;
begin
    insert into public.ledger_txn (idem_key, kind, ref, reverses, posted_on)
    values (p_key, p_kind, p_ref, p_reverses, p_on)
    on conflict on constraint ledger_txn_once do nothing
    returning id into v_txn;
    if v_txn is null then
        return null;
    end if;
    insert into public.ledger_entry (txn, n, account, amount_minor, currency)
    select v_txn, e.n, e.account, e.amount, p_currency
    from unnest(p_accounts, p_amounts) with ordinality as e (account, amount, n)
    where e.amount <> 0;
    return v_txn;
end
$$;
comment on function public.ledger_post_on(date, text, text, text, text[], bigint[], text, bigint) is
    'post once for a day; null when the key was posted before; the month must be open';

create or replace function public.ledger_post(
    p_key text, p_kind text, p_ref text, p_accounts text[], p_amounts bigint[], p_currency text,
    p_reverses bigint default null) returns bigint
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.ledger_post_on((public.lifecycle_now() at time zone public.platform_zone())::date, p_key, p_kind, p_ref,
        p_accounts, p_amounts, p_currency, p_reverses);
end;
