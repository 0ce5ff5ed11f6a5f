-- Files of banks and providers: how theirs are read, what was imported, and what differs.

create table public.statement_format (
    code text constraint statement_format_pk primary key
        constraint statement_format_code_form check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    title text not null constraint statement_format_title_length check (char_length(title) between 1 and 100),
    method text not null constraint statement_format_method_form check (method ~ '^[a-z][a-z0-9_-]{0,62}$'),
    mapping jsonb not null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.statement_format is 'which of a bank''s columns is what (core/model/statement.h)';
comment on column public.statement_format.method is 'what its payments are kept under: manual:<method>, as when a person confirms one';
grant select, insert, update on public.statement_format to execgov_platform;

create table public.statement_import (
    id uuid constraint statement_import_pk primary key,
    kind text not null constraint statement_import_kind_known check (kind in ('bank', 'provider')),
    source text not null,
    file_name text not null,
    sha256 text not null,
    from_day date null,
    to_day date null,
    counts jsonb not null,
    actor uuid null,
    at timestamptz not null default now()
);
create index statement_import_of on public.statement_import (source, to_day);
comment on table public.statement_import is 'files that were applied; rows are only added';
comment on column public.statement_import.source is 'the bank''s format, or the payment provider';
create trigger statement_import_only_grows before update or delete on public.statement_import
    for each row execute function public.fact_guard();
grant select, insert on public.statement_import to execgov_platform;
grant select on public.statement_import to execgov_lifecycle;

create table public.reconciliation_line (
    provider text not null constraint reconciliation_line_provider_exists references public.payment_provider,
    txn text not null,
    kind text not null constraint reconciliation_line_kind_known check (kind in ('payment', 'refund')),
    amount_minor bigint not null,
    currency text not null,
    day date not null,
    result text not null,
    import_id uuid not null constraint reconciliation_line_import_exists references public.statement_import,
    constraint reconciliation_line_pk primary key (provider, kind, txn)
);
comment on table public.reconciliation_line is 'what the provider''s files say it settled, as the newest file has it, and how it compared';
grant select on public.reconciliation_line to execgov_platform, execgov_lifecycle;

create function public.statement_judge(p_method text, p_lines jsonb) returns table (n integer, verdict text, order_id uuid)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select x.n::integer,
        case
            when x.amount <= 0 then 'outgoing'
            when p.id is not null then case when p.amount_minor = x.amount and p.currency = x.currency then 'seen' else 'conflict' end
            when x.again > 1 then 'repeated'
            when o.id is null then 'no_order'
            when f.least is null or x.amount >= f.least then 'approval'
            else public.payment_judge(o, x.amount, x.currency)
        end,
        o.id
    from (
        select l.n, l.v ->> 'reference' as reference, (l.v ->> 'amount_minor')::bigint as amount, l.v ->> 'currency' as currency,
            l.v ->> 'order_no' as order_no, row_number() over (partition by l.v ->> 'reference' order by l.n) as again
        from jsonb_array_elements(p_lines) with ordinality as l (v, n)) x
    left join public.payment p on p.provider = 'manual:' || p_method and p.provider_txn = x.reference
    left join public.orders o on o.no = x.order_no
    left join lateral (select (s.value ->> x.currency)::bigint as least from public.platform_setting s
        where s.key = 'four_eyes_min') f on true
    order by x.n;
end;
comment on function public.statement_judge(text, jsonb) is
    'what each line of a statement would do: as payment_judge says, or seen, conflict, repeated, no_order, approval (another person has to), outgoing';

create function public.statement_task(p_format text, p_line jsonb, p_verdict text, p_order uuid) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.finance_task_add('statement_' || p_verdict, p_format || ':' || (p_line ->> 'reference'),
        (select o.customer_id from public.orders o where o.id = p_order), p_order, null, p_line);
end;
comment on function public.statement_task(text, jsonb, text, uuid) is 'a line that a person has to look at, once';

-- Every line of the provider's file against what we have, and what we have of its days against the file.
create function public.payment_reconcile(
    p_provider text, p_id uuid, p_file text, p_sha256 text, p_lines jsonb, p_from date, p_to date, p_actor uuid, p_dry boolean)
    returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_zone text := (select value #>> '{}' from public.platform_setting where key = 'timezone');
    v_lines jsonb;
    v_counts jsonb;
begin
    perform public.gov_must(exists (select from public.payment_provider where code = p_provider), 'not_found');
    perform pg_advisory_xact_lock(hashtextextended('reconcile:' || p_provider, 0));
    with file as (
        select l.v ->> 'reference' as txn, case when (l.v ->> 'amount_minor')::bigint < 0 then 'refund' else 'payment' end as kind,
            sum(abs((l.v ->> 'amount_minor')::bigint))::bigint as amount, min(l.v ->> 'currency') as currency,
            min((l.v ->> 'date')::date) as day, min(l.v ->> 'order_no') as order_no
        from jsonb_array_elements(p_lines) as l (v)
        group by 1, 2
    ), there as (
        select f.txn, f.kind, f.amount, f.currency, f.day, f.order_no, p.id as payment, p.claimed_order,
            case f.kind when 'payment' then p.amount_minor else r.amount end as ours,
            case
                when f.kind = 'payment' and p.id is null then 'missing_here'
                when f.kind = 'refund' and r.amount is null then 'missing_here'
                when case f.kind when 'payment' then p.amount_minor else r.amount end <> f.amount
                    or p.currency <> f.currency then 'amount_diff'
                else 'matched'
            end as result
        from file f
        left join public.payment p on p.provider = p_provider and p.provider_txn = f.txn
        left join lateral (select sum(q.amount_minor)::bigint as amount from public.payment_return q where q.payment_id = p.id) r
            on true
    ), here as (
        select p.provider_txn as txn, 'payment' as kind, null::bigint as amount, p.currency,
            (p.received_at at time zone v_zone)::date as day, null::text as order_no, p.id as payment, p.claimed_order,
            p.amount_minor as ours, 'missing_there' as result
        from public.payment p
        where p.provider = p_provider
            and p.received_at >= (p_from::timestamp at time zone v_zone)
            and p.received_at < ((p_to + 1)::timestamp at time zone v_zone)
            and not exists (select from file f where f.kind = 'payment' and f.txn = p.provider_txn)
            and not exists (select from public.reconciliation_line k
                where k.provider = p_provider and k.kind = 'payment' and k.txn = p.provider_txn)
    ), every as (
        select * from there
        union all
        select * from here
    )
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('txn', e.txn, 'kind', e.kind, 'amount_minor', e.amount,
            'ours_minor', e.ours, 'currency', e.currency, 'day', e.day, 'order_no', e.order_no, 'payment', e.payment, 'order',
            e.claimed_order, 'result', e.result)) order by e.kind, e.txn), '[]')
    into v_lines
    from every e;
    select jsonb_build_object('lines', jsonb_array_length(p_lines),
        'matched', count(*) filter (where r = 'matched'), 'amount_diff', count(*) filter (where r = 'amount_diff'),
        'missing_here', count(*) filter (where r = 'missing_here'), 'missing_there', count(*) filter (where r = 'missing_there'))
    into v_counts
    from (select v ->> 'result' as r from jsonb_array_elements(v_lines) as l (v)) x;
    if not p_dry then
        perform public.payment_reconciled(p_provider, p_id, p_file, p_sha256, v_lines, v_counts, p_from, p_to, p_actor);
    end if;
    return jsonb_build_object('counts', v_counts, 'from', p_from, 'to', p_to, 'items',
        (select coalesce(jsonb_agg(l.v), '[]') from jsonb_array_elements(v_lines) as l (v) where l.v ->> 'result' <> 'matched'));
end
$$;
comment on function public.payment_reconcile(text, uuid, text, text, jsonb, date, date, uuid, boolean) is
    'compare a provider''s settlement file: matched, amount_diff, missing_here, missing_there; unless p_dry each difference is a task, and a task that is none any more is done';

create function public.payment_reconciled(
    p_provider text, p_id uuid, p_file text, p_sha256 text, p_lines jsonb, p_counts jsonb, p_from date, p_to date, p_actor uuid)
    returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.statement_import (id, kind, source, file_name, sha256, from_day, to_day, counts, actor, at)
    values (p_id, 'provider', p_provider, p_file, p_sha256, p_from, p_to, p_counts, p_actor, public.lifecycle_now());
    insert into public.reconciliation_line (provider, txn, kind, amount_minor, currency, day, result, import_id)
    select p_provider, l.v ->> 'txn', l.v ->> 'kind', (l.v ->> 'amount_minor')::bigint, l.v ->> 'currency', (l.v ->> 'day')::date,
        l.v ->> 'result', p_id
    from jsonb_array_elements(p_lines) as l (v)
    where l.v ->> 'result' <> 'missing_there'
    on conflict on constraint reconciliation_line_pk do update
    set amount_minor = excluded.amount_minor, currency = excluded.currency, day = excluded.day, result = excluded.result,
        import_id = excluded.import_id;
    perform public.finance_task_add('reconcile_' || (l.v ->> 'result'),
        p_provider || ':' || (l.v ->> 'kind') || ':' || (l.v ->> 'txn'), null, (l.v ->> 'order')::uuid,
        (l.v ->> 'payment')::uuid, l.v)
    from jsonb_array_elements(p_lines) as l (v)
    where l.v ->> 'result' <> 'matched';
    -- What this file shows in order again needs nobody.
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'matched'
    from jsonb_array_elements(p_lines) as l (v)
    where f.done_at is null
        and f.kind in ('reconcile_amount_diff', 'reconcile_missing_here', 'reconcile_missing_there')
        and f.ref = p_provider || ':' || (l.v ->> 'kind') || ':' || (l.v ->> 'txn')
        and f.kind <> 'reconcile_' || (l.v ->> 'result');
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'came'
    where f.kind = 'reconcile_no_file'
        and f.done_at is null
        and f.ref between p_provider || ':' || p_from and p_provider || ':' || p_to;
    perform public.audit_add(null, p_actor, 'user', 'money', 'payments.reconciled', 'payment_provider', p_provider,
        p_counts || jsonb_build_object('file', p_file, 'sha256', p_sha256, 'from', p_from, 'to', p_to));
end
$$;
comment on function public.payment_reconciled(text, uuid, text, text, jsonb, jsonb, date, date, uuid) is
    'keep a comparison: its lines, a task for each difference, and the end of tasks that are none any more';

-- A provider whose files came so far, and whose file of the day before yesterday did not, is a task by itself.
create function public.reconciliation_due() returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_day date := (public.lifecycle_now() at time zone
        (select value #>> '{}' from public.platform_setting where key = 'timezone'))::date - 2;
    v_count integer := 0;
    v_provider text;
begin
    for v_provider in
        select p.code
        from public.payment_provider p
        where p.enabled
            and exists (select from public.statement_import i where i.kind = 'provider' and i.source = p.code and i.to_day < v_day)
            and not exists (select from public.statement_import i where i.kind = 'provider' and i.source = p.code
                and i.to_day >= v_day)
        order by 1
    loop
        perform public.finance_task_add('reconcile_no_file', v_provider || ':' || v_day, null, null, null,
            jsonb_build_object('provider', v_provider, 'day', v_day));
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;
comment on function public.reconciliation_due() is 'a task for each provider whose settlement file of the day before yesterday is not there';

grant execute on function public.statement_judge(text, jsonb), public.statement_task(text, jsonb, text, uuid),
    public.payment_reconcile(text, uuid, text, text, jsonb, date, date, uuid, boolean) to execgov_platform;
grant execute on function public.reconciliation_due() to execgov_lifecycle;
