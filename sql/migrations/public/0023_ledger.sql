-- Double entry. A transaction has a key that can happen once, balances in every currency at the commit,
-- and is corrected only by another that names it.

create table public.ledger_month (
    month date constraint ledger_month_pk primary key
        constraint ledger_month_first check (extract(day from month) = 1),
    closed_at timestamptz not null default now(),
    closed_by uuid not null,
    reopened_at timestamptz null
);
comment on table public.ledger_month is 'months that are closed refuse postings';

create table public.ledger_txn (
    id bigint generated always as identity constraint ledger_txn_pk primary key,
    idem_key text not null constraint ledger_txn_once unique,
    kind text not null,
    ref text null,
    reverses bigint null constraint ledger_txn_reverses references public.ledger_txn
        constraint ledger_txn_reversed_once unique,
    posted_on date not null,
    at timestamptz not null default now()
);
comment on table public.ledger_txn is 'one posting; its key makes it happen once';
comment on column public.ledger_txn.posted_on is 'the day it counts for, in the platform''s zone';

create table public.ledger_entry (
    txn bigint not null constraint ledger_entry_txn_exists references public.ledger_txn,
    n smallint not null,
    account text not null,
    amount_minor bigint not null constraint ledger_entry_not_zero check (amount_minor <> 0),
    currency text not null,
    constraint ledger_entry_pk primary key (txn, n)
);
create index ledger_entry_account on public.ledger_entry (account, txn);
comment on table public.ledger_entry is
    'debit positive, credit negative; accounts CASH:<method>, AR:<customer>, DEFERRED_REVENUE, REVENUE, TAX_PAYABLE, CUSTOMER_CREDIT:<customer>, UNAPPLIED, REFUNDS';

create function public.ledger_balanced() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_currency text;
begin
    select e.currency into v_currency
    from public.ledger_entry e
    where e.txn = new.txn
    group by e.currency
    having sum(e.amount_minor) <> 0
    limit 1;
    if found then
        raise exception 'ledger transaction % does not balance in %', new.txn, v_currency
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end
$$;
comment on function public.ledger_balanced() is 'at the commit: entries of a transaction add up to nothing in each currency';
create constraint trigger ledger_entry_balances after insert on public.ledger_entry
    deferrable initially deferred for each row execute function public.ledger_balanced();

create function public.fact_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% keeps facts: rows are only added', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
comment on function public.fact_guard() is 'refuses update, delete and truncate, also to functions of the owner';

do $$
declare
    t text;
begin
    foreach t in array array['ledger_txn', 'ledger_entry', 'payment', 'payment_application', 'payment_return',
                             'order_event', 'subscription_event']
    loop
        execute format('create trigger %I before update or delete on public.%I for each row '
                       'execute function public.fact_guard()', t || '_only_grows', t);
        execute format('create trigger %I before truncate on public.%I for each statement '
                       'execute function public.fact_guard()', t || '_stays', t);
    end loop;
end
$$;

create function public.ledger_post(
    p_key text, p_kind text, p_ref text, p_accounts text[], p_amounts bigint[], p_currency text,
    p_reverses bigint default null) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_txn bigint;
    v_on date := (public.lifecycle_now() at time zone (select value #>> '{}' from public.platform_setting where key = 'timezone'))::date;
begin
    if exists (select from public.ledger_month m
               where m.month = date_trunc('month', v_on)::date and m.reopened_at is null) then
        raise exception 'conflict: the month is closed' using errcode = 'GV000';
    end if;
    insert into public.ledger_txn (idem_key, kind, ref, reverses, posted_on)
    values (p_key, p_kind, p_ref, p_reverses, v_on)
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
comment on function public.ledger_post(text, text, text, text[], bigint[], text, bigint) is
    'post once; null when the key was posted before; refuses in a closed month';

create function public.ledger_reverse(p_key text, p_of text) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_txn bigint;
    v_currency text;
    v_accounts text[];
    v_amounts bigint[];
begin
    select t.id into v_txn from public.ledger_txn t where t.idem_key = p_of;
    if not found then
        return null;
    end if;
    select min(e.currency), array_agg(e.account order by e.n), array_agg(-e.amount_minor order by e.n)
    into v_currency, v_accounts, v_amounts
    from public.ledger_entry e where e.txn = v_txn;
    return public.ledger_post(p_key, 'reversal', p_of, v_accounts, v_amounts, v_currency, v_txn);
end
$$;
comment on function public.ledger_reverse(text, text) is 'post the opposite of a transaction, once; null if there is none';

grant select on public.ledger_month, public.ledger_txn, public.ledger_entry to execgov_platform, execgov_lifecycle;
